import type {
  DueTimeOfPipeline,
  FailureReport,
  PeriodText,
  PipelineList,
  PipelineState,
  QualityTrends,
  RunDay,
  RunFacts,
  RunGrid,
  RunsCompared,
  RunViewed,
  ServiceLevelReport,
} from '@forge/writer-analytics'
import type { ExpectedPoint } from '@forge/writer-anomaly'
import type { Anomaly, KnownLoss } from '@forge/writer-core'
import type { VerdictReport } from '@forge/writer-quality'

/** Everything that a report shows: figures and names, never rows of the log. */
export interface ReportModel {
  readonly title: string
  readonly about: ReportAbout
  /** All pipelines of the report, failed and late ones first. */
  readonly pipelines: PipelineList
  /** The runs and steps that have started and have no end in the log, the oldest first. */
  readonly running: readonly RunningWork[]
  /** The runs of the last day, the newest first. */
  readonly timeline: ReportTimeline
  /** One for each pipeline with a page. */
  readonly pipelinePages: readonly PipelinePage[]
  /** One for each run with a page, failed runs first. */
  readonly runPages: readonly RunViewed[]
  /** Runs that are compared with the last good run before them, step by step. */
  readonly comparisons: readonly RunsCompared[]
  readonly failures: FailureReport
  /** The runs of each day of the period, at most of the last 92 days, of all pipelines together. */
  readonly days: readonly RunDay[]
  /** Stored anomalies that nothing suppresses, the most severe first; at most 8. */
  readonly findings: readonly Anomaly[]
  readonly quality: QualityTrends
  /** The verdicts of the gate, and the rows that it held back. */
  readonly verdicts: VerdictReport
  readonly serviceLevels: ServiceLevelReport
}

export interface ReportAbout {
  /** The time at which the report was made. ISO 8601, UTC. */
  readonly generatedAt: string
  readonly version: string
  readonly tableFqn: string
  /** The path or address of the table. */
  readonly location: string
  /** The value of `--path` that opens the table with the command; null for a storage in memory. */
  readonly storage: string | null
  /** Rows of the table. */
  readonly rows: number
  readonly sizeBytes: number
  /** The version of the table; -1 if it does not exist. */
  readonly tableVersion: number
  /** Commits that the storage has lost; null if none is known. */
  readonly loss: KnownLoss | null
  /** The last time that the table was optimized or vacuumed. ISO 8601, UTC; null if its history does not have it. */
  readonly lastUpkeepAt: string | null
  readonly period: PeriodText
  /** The maximum number of runs in strips and grids. */
  readonly runs: number
  /** The limits of the report in words; null if it is about everything. */
  readonly scope: string | null
  readonly timeZone: string
  /** True if error messages are left out. */
  readonly isRedacted: boolean
  /** The command that makes the report again; null if it is not known. */
  readonly command: string | null
  /** Pipelines that have no page because of the limits. */
  readonly otherPipelinePages: number
}

/** The runs that ran in a window of time. */
export interface ReportTimeline {
  /** ISO 8601, UTC. */
  readonly from: string
  readonly to: string
  /** The newest first. */
  readonly runs: readonly RunFacts[]
  /** True if more runs ran than are listed. */
  readonly isCut: boolean
  /** The times at which pipelines were due. */
  readonly due: readonly DueMark[]
}

/** A time at which a pipeline was due. */
export interface DueMark extends DueTimeOfPipeline {
  /** False if no run had succeeded by then. */
  readonly isKept: boolean
}

export interface PipelinePage {
  readonly state: PipelineState
  readonly grid: RunGrid
  /** The days of the last year on which the pipeline ran, in order. */
  readonly days: readonly RunDay[]
  /** The expected values of the runs of the grid that have durations of their own, and of the steps that have a page. */
  readonly expected: readonly ExpectedPoint[]
  /** The new levels that durations and rows took in the runs of the grid. */
  readonly shifts: readonly Anomaly[]
}

/** A run or step that has started and has no end in the log, such as `listRunning` of `@forge/writer-record` returns them. */
export interface RunningWork {
  readonly runId: string
  readonly pipelineId: string
  /** The name of the step; null for a whole run. */
  readonly step: string | null
  /** True for a step of a run that was started elsewhere. Default: false. */
  readonly isNested?: boolean | undefined
  readonly state: 'running' | 'unwatched' | 'storing' | 'ended' | 'lost'
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** The last sign of life. ISO 8601, UTC. */
  readonly seenAt: string
  readonly host: string
  /** The command; null for runs in code. */
  readonly command: string | null
}
