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
  const timed = <Options extends { readonly now?: (() => Date) | undefined }>(options?: Options) => ({
    ...(options as Options),
    now: options?.now ?? now,
  })
  const validate = (given?: Iterable<LogRowInput> | ValidationOptions, options?: ValidationOptions) =>
    isOptions(given)
      ? validateLogDataQuality(writer, timed(options ?? given))
      : validateLogDataQuality(writer, given, timed(options))
  const detect = (given?: Iterable<LogRowInput> | DetectOptions, options?: DetectOptions) =>
    isOptions(given) ? detectAnomalies(writer, timed(options ?? given)) : detectAnomalies(writer, given, timed(options))
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

/** Returns whether a first argument is options. Anything else is meant as rows, and judged as such. */
function isOptions<Options extends object>(
  given: Iterable<LogRowInput> | Options | undefined,
): given is Options | undefined {
  return given === undefined || (typeof given === 'object' && given !== null && !(Symbol.iterator in given))
}
