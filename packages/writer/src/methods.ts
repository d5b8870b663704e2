import {
  analyzePerformanceTrends,
  analyzeQualityTrends,
  checkServiceLevels,
  compareRuns,
  criticalPath,
  type EraseOptions,
  type ExportOptions,
  eraseRows,
  exportAnalyticsData,
  generateSummaryReport,
  getTableHistory,
  type MaintainTableOptions,
  maintainTable,
  type OptimizeTableOptions,
  optimizeTable,
  type PruneOptions,
  planRetention,
  planUpkeep,
  pruneTable,
  type RetentionOptions,
  type ServiceLevelOptions,
  type SummaryOptions,
  type TableHistoryOptions,
  type TrendOptions,
} from '@forge/writer-analytics'
import { type DetectOptions, detectAnomalies } from '@forge/writer-anomaly'
import type { LogRowInput, LogWriter } from '@forge/writer-core'
import { type ValidationOptions, validateLogDataQuality } from '@forge/writer-quality'

/** The options that all methods of a writer share. */
export interface GuideDefaults {
  /** The clock from which days are counted. Default: the system clock. */
  readonly now?: () => Date
}

/** Creates the methods of the guide that other packages than core implement; each calls the function of its package. */
export function guideMethods(writer: LogWriter, clock: GuideDefaults = {}) {
  return {
    validateLogDataQuality: (rows?: Iterable<LogRowInput> | ValidationOptions, options?: ValidationOptions) =>
      validateLogDataQuality(writer, rows, options),
    detectAnomalies: (rows?: Iterable<LogRowInput> | DetectOptions, options?: DetectOptions) =>
      detectAnomalies(writer, rows, options),
    optimizeTable: (options?: OptimizeTableOptions) => optimizeTable(writer, options),
    maintainTable: (options?: MaintainTableOptions) => maintainTable(writer, options),
    planUpkeep: (options?: TableOption) => planUpkeep(writer, options),
    getTableHistory: (options?: TableHistoryOptions) => getTableHistory(writer, options),
    generateSummaryReport: (options?: SummaryOptions) => generateSummaryReport(writer, { ...clock, ...options }),
    analyzePerformanceTrends: (options?: TrendOptions) => analyzePerformanceTrends(writer, { ...clock, ...options }),
    analyzeQualityTrends: (options?: TrendOptions) => analyzeQualityTrends(writer, { ...clock, ...options }),
    exportAnalyticsData: (options?: ExportOptions) => exportAnalyticsData(writer, { ...clock, ...options }),
    compareRuns: (a: string, b: string, options?: TableOption) => compareRuns(writer, a, b, options),
    criticalPath: (runId: string, options?: TableOption) => criticalPath(writer, runId, options),
    checkServiceLevels: (options?: ServiceLevelOptions) => checkServiceLevels(writer, { ...clock, ...options }),
    planRetention: (options?: RetentionOptions) => planRetention(writer, { ...clock, ...options }),
    pruneTable: (options?: PruneOptions) => pruneTable(writer, { ...clock, ...options }),
    eraseRows: (options: EraseOptions) => eraseRows(writer, options),
  }
}

interface TableOption {
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string
}

export type GuideMethods = ReturnType<typeof guideMethods>
