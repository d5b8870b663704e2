/** The error budget, and the rest of it. */
export interface ErrorBudget {
  /** The number of allowed violations: the number of judged items times the share that the objective allows to fail. */
  readonly allowed: number
  readonly used: number
  /** The number of violations that are left; below 0 if there were more than allowed. */
  readonly left: number
  /** The share of the allowed violations that is left, in percent. */
  readonly leftPercent: number
}

export function errorBudget(judged: number, broken: number, requiredPercent: number): ErrorBudget {
  const allowed = (judged * (100 - requiredPercent)) / 100
  const left = allowed - broken
  const leftPercent = allowed > 0 ? Math.max(0, (left / allowed) * 100) : broken > 0 ? 0 : 100
  return { allowed, used: broken, left, leftPercent }
}
