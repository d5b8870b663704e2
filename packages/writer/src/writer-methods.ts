import type {
  AnalyticsExportResult,
  CriticalPathReport,
  EraseOptions,
  EraseResult,
  ExportOptions,
  ListPipelinesOptions,
  ListRunsOptions,
  MaintainTableOptions,
  MaintainTableResult,
  OptimizeTableOptions,
  OptimizeTableResult,
  PerformanceTrends,
  PipelineList,
  PruneOptions,
  PruneResult,
  QualityTrends,
  RetentionOptions,
  RetentionPlan,
  RunComparison,
  RunExplanation,
  RunList,
  RunView,
  ServiceLevelOptions,
  ServiceLevelReport,
  SummaryOptions,
  SummaryReport,
  TableHistoryOptions,
  TableHistoryReport,
  TableOption,
  TrendOptions,
  UpkeepPlan,
} from '@forge/writer-analytics'
import type {
  BacktestOptions,
  BacktestResult,
  DetectionResult,
  DetectOptions,
  DetectRowsOptions,
  EvaluateOptions,
  Feedback,
  FeedbackInput,
  TuneOptions,
  TuneResult,
} from '@forge/writer-anomaly'
import type { LogRowInput, QualityResult } from '@forge/writer-core'
import type {
  LogProfile,
  ProfileOptions,
  QuarantinedRow,
  QuarantineQuery,
  ReleaseOptions,
  ReleaseResult,
  RowValidationOptions,
  SuggestedRules,
  SuggestOptions,
  ValidationOptions,
} from '@forge/writer-quality'

/**
 * The methods of a writer that packages other than core implement. Options that are invalid throw WriterConfigurationError.
 * Methods that report, such as `generateSummaryReport`, return `available: false` and a `reason` if there is nothing to report.
 */
export interface WriterMethods {
  /** Judges the stored rows by quality rules; the storage computes the figures. Throws WriterSchemaError for columns that do not exist. */
  validateLogDataQuality(options?: ValidationOptions): Promise<QualityResult>
  /**
   * Judges rows by quality rules before they are written. Without rows it judges the stored ones.
   * Throws WriterSchemaError for columns that do not exist, WriterValidationError for rows with values of another type.
   */
  validateLogDataQuality(
    rows: Iterable<LogRowInput> | undefined,
    options?: RowValidationOptions,
  ): Promise<QualityResult>
  /** Describes the values of each column: nulls, distinct and frequent values, ranges and quantiles. */
  profileLog(options?: ProfileOptions): Promise<LogProfile>
  /** Suggests quality rules that the stored rows support, as data and as the text of a rule file. */
  suggestRules(options?: SuggestOptions): Promise<SuggestedRules>
  /** Lists rows in quarantine, newest first, at most `limit`, by default 100. */
  listQuarantine(options?: QuarantineQuery & { readonly limit?: number | undefined }): Promise<QuarantinedRow[]>
  /** Writes rows of the quarantine, corrected if `correct` is passed, and removes them from the quarantine. */
  releaseQuarantine(options?: ReleaseOptions): Promise<ReleaseResult>

  /** Judges the stored rows, each by the rows before it, and stores the anomalies in `<table>_anomalies`. */
  detectAnomalies(options?: DetectOptions): Promise<DetectionResult>
  /** Judges rows by the stored history, and stores the anomalies in `<table>_anomalies`. Without rows it judges the stored ones. */
  detectAnomalies(rows: Iterable<LogRowInput> | undefined, options?: DetectRowsOptions): Promise<DetectionResult>
  /** Finds what is missing by now: overdue runs and steps that a finished run lacks. Call it from time to time, because no row reports them. */
  evaluateDetection(options?: EvaluateOptions): Promise<DetectionResult>
  /** Stores feedback on an anomaly, or on a time range of a pipeline or step; detection respects it from then on. */
  addFeedback(feedback: FeedbackInput): Promise<Feedback>
  /** Returns all feedback, oldest first. */
  readFeedback(): Promise<Feedback[]>
  /** Replays the history, and counts the alerts that detection would have raised. Stores nothing. */
  backtest(options?: BacktestOptions): Promise<BacktestResult>
  /** Returns the highest sensitivity that would have raised at most `targetAlertsPerWeek` alerts. */
  tuneSensitivity(options: TuneOptions): Promise<TuneResult>

  /** Compacts the table and applies the settings of its layout. Operations that the storage cannot do are listed in `skipped`. */
  optimizeTable(options?: OptimizeTableOptions): Promise<OptimizeTableResult>
  /** Vacuums, analyzes and checks the schema of the table, each unless it is turned off. */
  maintainTable(options?: MaintainTableOptions): Promise<MaintainTableResult>
  /** Returns the upkeep that the table needs, without changing anything. */
  planUpkeep(options?: TableOption): Promise<UpkeepPlan>
  /** Lists the newest versions of the table, at most `limit`, by default 10. */
  getTableHistory(options?: TableHistoryOptions): Promise<TableHistoryReport>
  /** Returns what the retention would delete, without deleting it. */
  planRetention(options?: RetentionOptions): Promise<RetentionPlan>
  /** Deletes the rows past their retention period. Throws WriterUnsupportedError if the storage cannot delete. */
  pruneTable(options?: PruneOptions): Promise<PruneResult>
  /**
   * Deletes the rows of a subject from the log and its companion tables, discards all older versions, and searches the files for leftovers.
   * Throws WriterUnsupportedError if the storage cannot delete.
   */
  eraseRows(options: EraseOptions): Promise<EraseResult>

  /** Summarizes a period: runs, steps, rows, failures, durations, and the change since the period before. */
  generateSummaryReport(options?: SummaryOptions): Promise<SummaryReport>
  /** Follows durations, success, validation and throughput over time. */
  analyzePerformanceTrends(options?: TrendOptions): Promise<PerformanceTrends>
  /** Follows validation rates and invalid rows over time. */
  analyzeQualityTrends(options?: TrendOptions): Promise<QualityTrends>
  /** Writes rows of the log to a file, completely or not at all. Throws WriterTableError if the file exists or cannot be written. */
  exportAnalyticsData(options?: ExportOptions): Promise<AnalyticsExportResult>
  /** Lists the pipelines with their state, their last runs, and what is due. */
  listPipelines(options?: ListPipelinesOptions): Promise<PipelineList>
  /** Lists runs, newest first, in pages that later runs do not shift. */
  listRuns(options?: ListRunsOptions): Promise<RunList>
  /** Reads one run: its steps and attempts, the critical path, and what differs from the last good run. */
  viewRun(runId: string, options?: TableOption): Promise<RunView>
  /** Explains one run: what broke, since when, what changed, and which steps did not run. */
  explainRun(runId: string, options?: TableOption): Promise<RunExplanation>
  /** Compares two runs step by step; changes are from `a` to `b`. */
  compareRuns(a: string, b: string, options?: TableOption): Promise<RunComparison>
  /** Finds the steps that make up the duration of a run. */
  findCriticalPath(runId: string, options?: TableOption): Promise<CriticalPathReport>
  /** Checks the runs of a period against the service levels. Throws WriterPerformanceError for more than 100,000 runs. */
  checkServiceLevels(options?: ServiceLevelOptions): Promise<ServiceLevelReport>
}
