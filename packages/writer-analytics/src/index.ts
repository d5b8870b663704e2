export { type RunDay, type RunDays, type RunDaysOptions, readRunDays } from './days/read-run-days.ts'
export { type AtomicFileOptions, type FileFacts, writeAtomically } from './export/atomic-file.ts'
export {
  type AnalyticsExportResult,
  type ExportOptions,
  exportAnalyticsData,
  exportBytes,
} from './export/export-analytics-data.ts'
export type { AnalyticsCompression, AnalyticsFormat } from './export/formats/exporter.ts'
export { filterPredicate, type RowFilters } from './export/row-filters.ts'
export type { FlakyStep } from './failures/flaky-steps.ts'
export { type FailureOptions, type FailureReport, readFailures } from './failures/read-failures.ts'
export { type DuePeriod, type DueTimeOfPipeline, dueTimesOf } from './pipelines/due-times.ts'
export {
  type ListPipelinesOptions,
  listPipelines,
  PIPELINE_CONDITIONS,
  type PipelineCondition,
  type PipelineList,
  type PipelineState,
  type StripRun,
} from './pipelines/list-pipelines.ts'
export { type StripMark, stripMarksOf } from './pipelines/strip-marks.ts'
export type { PeriodOptions, PeriodText } from './reading/period.ts'
export { fittingPipelines } from './reading/pipeline-pattern.ts'
export { choosePipelines, chooseRows, type RowChoice } from './reading/row-choice.ts'
export type { Caveats } from './reading/step-rows.ts'
export type { TableOption } from './reading/table-option.ts'
export { type ErasedTable, type EraseOptions, type EraseResult, eraseRows } from './retention/erase-rows.ts'
export type { ErasureProof } from './retention/erasure-proof.ts'
export { type PruneOptions, type PruneResult, pruneTable } from './retention/prune-table.ts'
export {
  type PolicyPlan,
  planRetention,
  type RetentionOptions,
  type RetentionPlan,
} from './retention/retention-plan.ts'
export {
  type ComparedRun,
  type ComparedStep,
  compareRuns,
  type RunChanges,
  type RunComparison,
  type RunsCompared,
} from './runs/compare-runs.ts'
export type { ConcurrencyPoint } from './runs/concurrency.ts'
export {
  type CriticalPath,
  type CriticalPathReport,
  type CriticalStep,
  findCriticalPath,
} from './runs/critical-path.ts'
export { type BrokenStep, explainRun, type RunExplanation } from './runs/explain-run.ts'
export type { FailingSince } from './runs/failing-since.ts'
export { type FindRunOptions, findRun } from './runs/find-run.ts'
export type { RunGridOptions, RunGridsOptions } from './runs/grid-options.ts'
export { findLastGoodRun } from './runs/last-good-run.ts'
export { type ListRunsOptions, listRuns, type RunList } from './runs/list-runs.ts'
export type { RecordedOutput } from './runs/recorded-output.ts'
export { type DifferenceKind, differencesOf, type RunDifferences, type StepDifference } from './runs/run-differences.ts'
export { type DoubtedRun, doubtsOf, type RunDoubt } from './runs/run-doubts.ts'
export type { RunFacts } from './runs/run-facts.ts'
export {
  type GridCell,
  type GridStep,
  type RunGrid,
  readRunGrid,
  readRunGrids,
} from './runs/run-grid.ts'
export type { RunOutcome } from './runs/run-page.ts'
export type { RunRecord, RunStep } from './runs/run-steps.ts'
export type { StepAttempt } from './runs/step-attempts.ts'
export { type RunView, type RunViewed, type ViewedRun, type ViewedStep, viewRun, viewRuns } from './runs/view-run.ts'
export { DIFFERENCE_WORDS, OUTCOME_MARKS, outcomeOf, RUN_OUTCOMES } from './runs/words.ts'
export {
  checkServiceLevels,
  type ServiceLevelOptions,
  type ServiceLevelReport,
} from './service-levels/check-service-levels.ts'
export type { ErrorBudget } from './service-levels/error-budget.ts'
export type { Objective } from './service-levels/objectives.ts'
export type { Breach } from './service-levels/promised.ts'
export type { RunInProgress } from './service-levels/running-runs.ts'
export { limitSource } from './sharing/limit-source.ts'
export { rowsMarkOf, type ShareOptions, shareReading } from './sharing/share-reading.ts'
export type { Dimension, GroupFigures } from './summary/breakdown.ts'
export type { ExtremeStep } from './summary/extreme-steps.ts'
export type { FailureDay, FailureGroup, FailureGroups } from './summary/failures.ts'
export { normaliseMessage } from './summary/normalise-message.ts'
export type { FigureChange, PeriodComparison } from './summary/period-comparison.ts'
export type { RunFigures } from './summary/run-figures.ts'
export type { Durations, StepFigures } from './summary/step-figures.ts'
export { generateSummaryReport, type SummaryOptions, type SummaryReport } from './summary/summary-report.ts'
export type { Bucket } from './trends/bucket-series.ts'
export type { GroupTrend } from './trends/group-trends.ts'
export {
  analyzePerformanceTrends,
  type PerformanceTrends,
  type TrendsAvailable,
  type TrendsMissing,
} from './trends/performance-trends.ts'
export {
  analyzeQualityTrends,
  type QualityBucket,
  type QualityFigures,
  type QualityOfStep,
  type QualityTrends,
  type QualityTrendsAvailable,
} from './trends/quality-trends.ts'
export type { Spread } from './trends/spread.ts'
export type { Forecast, Point, Trend, TrendBucket } from './trends/trend.ts'
export type { TrendOptions } from './trends/trend-options.ts'
export { type MaintainTableOptions, type MaintainTableResult, maintainTable } from './upkeep/maintain-table.ts'
export {
  type OptimizeTableOptions,
  type OptimizeTableResult,
  optimizeTable,
  type Skipped,
} from './upkeep/optimize-table.ts'
export {
  getTableHistory,
  type HistoryVersion,
  type TableHistoryOptions,
  type TableHistoryReport,
} from './upkeep/table-history.ts'
export { planUpkeep, type UpkeepPlan, type UpkeepStep } from './upkeep/upkeep-plan.ts'
