import type {
  FailureGroups,
  PeriodText,
  PipelineList,
  PipelineState,
  QualityTrends,
  RunFacts,
  RunGrid,
  RunViewed,
  ServiceLevelReport,
  SummaryReport,
} from '@forge/writer-analytics'
import type { Anomaly } from '@forge/writer-core'

/** Everything that a report shows: figures and names, never rows of the log. */
export interface ReportModel {
  readonly title: string
  readonly about: ReportAbout
  readonly summary: SummaryReport
  /** All pipelines of the report, failed and late ones first. */
  readonly pipelines: PipelineList
  /** The runs of the last day, the newest first. */
  readonly timeline: ReportTimeline
  /** One for each pipeline with a page. */
  readonly pipelinePages: readonly PipelinePage[]
  /** One for each run with a page: what failed first. */
  readonly runPages: readonly RunViewed[]
  readonly failures: FailureGroups
  /** Stored anomalies that nothing suppresses, the most severe first; at most 8. */
  readonly findings: readonly Anomaly[]
  readonly quality: QualityTrends
  readonly serviceLevels: ServiceLevelReport
}

export interface ReportAbout {
  /** When the report was made. ISO 8601, UTC. */
  readonly generatedAt: string
  readonly version: string
  readonly tableFqn: string
  /** The path or address of the table. */
  readonly location: string
  /** Rows of the table. */
  readonly rows: number
  readonly sizeBytes: number
  /** The version of the table; -1 if it does not exist. */
  readonly tableVersion: number
  readonly period: PeriodText
  /** What the report is about: `null` if it is about everything. */
  readonly scope: string | null
  readonly timeZone: string
  /** True if error messages are left out. */
  readonly isRedacted: boolean
  /** The command that makes the report again; null if it is not known. */
  readonly command: string | null
  /** Pipelines and runs that have no page because of the limits. */
  readonly otherPipelinePages: number
}

export interface ReportTimeline {
  /** ISO 8601, UTC. */
  readonly from: string
  readonly to: string
  readonly runs: readonly RunFacts[]
  /** True if more runs than these ran in that time. */
  readonly isCut: boolean
}

export interface PipelinePage {
  readonly state: PipelineState
  readonly grid: RunGrid
}
