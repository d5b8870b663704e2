/** The kinds of promises that a service level may make. */
export type ObjectiveKind =
  | 'maxDuration'
  | 'minDuration'
  | 'runsPerHour'
  | 'concurrentRuns'
  | 'startBy'
  | 'dueTime'
  | 'successRate'

export interface Breach {
  /** Null when no run came at all. */
  readonly runId: string | null
  /** Start of the run, or the due time. ISO 8601, UTC. */
  readonly at: string
  /** What happened, such as `took 812 s`. */
  readonly detail: string
}

/** What is judged: runs that start from `fromMs`, and due times before `toMs`. */
export interface JudgedBounds {
  readonly fromMs: number
  readonly toMs: number
}

/** What one promise comes to, before it is counted. */
export interface Promised {
  readonly kind: ObjectiveKind
  readonly target: string
  readonly requiredPercent: number
  readonly judged: number
  /** All of them, the worst or the newest first. */
  readonly breaches: readonly Breach[]
}
