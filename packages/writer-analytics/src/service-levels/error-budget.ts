/** What may be broken, and what of it is left. */
export interface ErrorBudget {
  /** How many may be broken: the judged ones times what the objective leaves. */
  readonly allowed: number
  readonly used: number
  /** The number that may still break; below 0 if more are broken than allowed. */
  readonly left: number
  /** The share of what is allowed, 0-100. */
  readonly leftPercent: number
}

export function errorBudget(judged: number, broken: number, requiredPercent: number): ErrorBudget {
  const allowed = (judged * (100 - requiredPercent)) / 100
  const left = allowed - broken
  const leftPercent = allowed > 0 ? Math.max(0, (left / allowed) * 100) : broken > 0 ? 0 : 100
  return { allowed, used: broken, left, leftPercent }
}
