/** The kinds of objectives of a service level. */
export type ObjectiveKind =
  | 'maxDuration'
  | 'minDuration'
  | 'runsPerHour'
  | 'concurrentRuns'
  | 'startBy'
  | 'dueTime'
  | 'successRate'

export interface Breach {
  /** The id of the run; null if no run came at all. */
  readonly runId: string | null
  /** The start of the run, or the due time. ISO 8601, UTC. */
  readonly at: string
  /** The time at which it could be known: the end of the run, the time of the check for a run that still runs, or the due time. ISO 8601, UTC. */
  readonly knownAt: string
  /** A description of the breach, such as `took 812 s`. */
  readonly detail: string
}

/** The bounds of the judgement: runs that start at or after `fromMs`, and due times before `toMs`. */
export interface JudgedBounds {
  readonly fromMs: number
  readonly toMs: number
}

/** The breaches of one objective, before they are counted. */
export interface Promised {
  readonly kind: ObjectiveKind
  readonly target: string
  readonly requiredPercent: number
  readonly judged: number
  /** All breaches, the worst or the newest first. */
  readonly breaches: readonly Breach[]
}
