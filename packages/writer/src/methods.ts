import {
  analyzePerformanceTrends,
  analyzeQualityTrends,
  checkServiceLevels,
  compareRuns,
  eraseRows,
  explainRun,
  exportAnalyticsData,
  findCriticalPath,
  generateSummaryReport,
  getTableHistory,
  listPipelines,
  listRuns,
  maintainTable,
  optimizeTable,
  planRetention,
  planUpkeep,
  pruneTable,
  viewRun,
} from '@forge/writer-analytics'
import {
  addFeedback,
  backtest,
  type DetectOptions,
  detectAnomalies,
  evaluateDetection,
  readFeedback,
  tuneSensitivity,
} from '@forge/writer-anomaly'
import type { LogRowInput, LogWriter } from '@forge/writer-core'
import { rowsAndOptions } from '@forge/writer-core/storage'
import {
  listQuarantine,
  profileLog,
  releaseQuarantine,
  suggestRules,
  type ValidationOptions,
  validateLogDataQuality,
} from '@forge/writer-quality'
import type { WriterMethods } from './writer-methods.ts'

/** Creates the methods of a writer that packages other than core implement; each calls the function of its package with the clock of the writer. */
export function writerMethods(writer: LogWriter, now: () => Date = () => new Date()): WriterMethods {
  // The functions refuse options that are not an object.
  const timed = <Options extends { readonly now?: (() => Date) | undefined }>(options = {} as Options): Options =>
    typeof options === 'object' && options !== null ? { ...options, now: options.now ?? now } : options
  const validate = async (given?: Iterable<LogRowInput> | ValidationOptions, options?: ValidationOptions) => {
    const asked = rowsAndOptions('validateLogDataQuality', given, options)
    return validateLogDataQuality(writer, asked.rows, timed(asked.options))
  }
  const detect = async (given?: Iterable<LogRowInput> | DetectOptions, options?: DetectOptions) => {
    const asked = rowsAndOptions('detectAnomalies', given, options)
    return detectAnomalies(writer, asked.rows, timed(asked.options))
  }
  return {
    validateLogDataQuality: validate,
    profileLog: (options) => profileLog(writer, options),
    suggestRules: (options) => suggestRules(writer, timed(options)),
    listQuarantine: (options) => listQuarantine(writer, options),
    releaseQuarantine: (options) => releaseQuarantine(writer, options),
    detectAnomalies: detect,
    evaluateDetection: (options) => evaluateDetection(writer, timed(options)),
    addFeedback: (feedback) => addFeedback(writer, feedback, { now }),
    readFeedback: () => readFeedback(writer),
    backtest: (options) => backtest(writer, timed(options)),
    tuneSensitivity: (options) => tuneSensitivity(writer, timed(options)),
    optimizeTable: (options) => optimizeTable(writer, options),
    maintainTable: (options) => maintainTable(writer, options),
    planUpkeep: (options) => planUpkeep(writer, options),
    getTableHistory: (options) => getTableHistory(writer, options),
    planRetention: (options) => planRetention(writer, timed(options)),
    pruneTable: (options) => pruneTable(writer, timed(options)),
    eraseRows: (options) => eraseRows(writer, options),
    generateSummaryReport: (options) => generateSummaryReport(writer, timed(options)),
    analyzePerformanceTrends: (options) => analyzePerformanceTrends(writer, timed(options)),
    analyzeQualityTrends: (options) => analyzeQualityTrends(writer, timed(options)),
    exportAnalyticsData: (options) => exportAnalyticsData(writer, timed(options)),
    listPipelines: (options) => listPipelines(writer, timed(options)),
    listRuns: (options) => listRuns(writer, timed(options)),
    viewRun: (runId, options) => viewRun(writer, runId, options),
    explainRun: (runId, options) => explainRun(writer, runId, options),
    compareRuns: (a, b, options) => compareRuns(writer, a, b, options),
    findCriticalPath: (runId, options) => findCriticalPath(writer, runId, options),
    checkServiceLevels: (options) => checkServiceLevels(writer, timed(options)),
  }
}
