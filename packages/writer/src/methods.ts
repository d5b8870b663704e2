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
  planUpkeep,
  pruneTable,
  type ServiceLevelOptions,
  type SummaryOptions,
  type TableHistoryOptions,
  type TrendOptions,
} from '@forge/writer-analytics'
import { type DetectOptions, detectAnomalies } from '@forge/writer-anomaly'
import type { LogRowInput, LogWriter } from '@forge/writer-core'
import { type ValidationOptions, validateLogDataQuality } from '@forge/writer-quality'

/** The methods of the guide that belong to packages beside core: each one line over the function of its package. */
export function guideMethods(writer: LogWriter) {
  return {
    optimizeTable: (options?: OptimizeTableOptions) => optimizeTable(writer, options),
    maintainTable: (options?: MaintainTableOptions) => maintainTable(writer, options),
    detectAnomalies: (rows?: Iterable<LogRowInput> | DetectOptions, options?: DetectOptions) =>
      detectAnomalies(writer, rows, options),
    validateLogDataQuality: (rows?: Iterable<LogRowInput> | ValidationOptions, options?: ValidationOptions) =>
      validateLogDataQuality(writer, rows, options),
    planUpkeep: (options?: { readonly table?: string }) => planUpkeep(writer, options),
    getTableHistory: (options?: TableHistoryOptions) => getTableHistory(writer, options),
    generateSummaryReport: (options?: SummaryOptions) => generateSummaryReport(writer, options),
    analyzePerformanceTrends: (options?: TrendOptions) => analyzePerformanceTrends(writer, options),
    analyzeQualityTrends: (options?: TrendOptions) => analyzeQualityTrends(writer, options),
    compareRuns: (a: string, b: string, options?: { readonly table?: string }) => compareRuns(writer, a, b, options),
    criticalPath: (runId: string, options?: { readonly table?: string }) => criticalPath(writer, runId, options),
    checkServiceLevels: (options?: ServiceLevelOptions) => checkServiceLevels(writer, options),
    pruneTable: (options?: PruneOptions) => pruneTable(writer, options),
    eraseRows: (options: EraseOptions) => eraseRows(writer, options),
    exportAnalyticsData: (options?: ExportOptions) => exportAnalyticsData(writer, options),
  }
}

export type GuideMethods = ReturnType<typeof guideMethods>
