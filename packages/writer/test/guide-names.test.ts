import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as whole from '../src/index.ts'
import { createWriter, type Writer } from '../src/index.ts'

/** The methods of the guide: their names there and here. */
const METHODS = {
  write_execution_result: 'writeExecutionResult',
  write_step_results: 'writeStepResults',
  write_log_rows: 'writeLogRows',
  write_execution_result_batch: 'writeExecutionResultBatch',
  show_logs: 'showLogs',
  get_table_info: 'getTableInfo',
  validate_log_data_quality: 'validateLogDataQuality',
  detect_anomalies: 'detectAnomalies',
  get_metrics: 'getMetrics',
  reset_metrics: 'resetMetrics',
  get_memory_usage: 'getMemoryUsage',
  optimize_table: 'optimizeTable',
  maintain_table: 'maintainTable',
  get_table_history: 'getTableHistory',
  generate_summary_report: 'generateSummaryReport',
  analyze_performance_trends: 'analyzePerformanceTrends',
  export_analytics_data: 'exportAnalyticsData',
  configure: 'configure',
} as const

/** Other names of the guide: constructors, settings, errors. */
const FROM_CORE = {
  LogWriter: 'createLogWriter',
  WriterConfig: 'writerConfig',
  PipelineLogger: 'createLogger',
  generate_table_name: 'generateTableName',
  ExecutionContext: 'executionContextSchema',
  ExecutionResult: 'executionResultSchema',
  StepResult: 'stepResultSchema',
  ExecutionMode: 'RUN_MODES',
  WriteMode: 'WRITE_MODES',
  WriterError: 'WriterError',
  WriterConfigurationError: 'WriterConfigurationError',
  WriterValidationError: 'WriterValidationError',
  WriterDataQualityError: 'WriterDataQualityError',
  WriterTableError: 'WriterTableError',
  WriterPerformanceError: 'WriterPerformanceError',
} as const

const folder = newFolder()
let writer: Writer
const row = { run_id: 'r1', phase: 'bronze', step_name: 'extract', duration_secs: 15, rows_processed: 1000 } as const
const context = {
  mode: 'initial',
  startTime: '2024-01-01T10:00:00Z',
  executionId: 'e',
  pipelineId: 'p',
  schema: 's',
} as const
const step = { stepName: 'a', phase: 'bronze', durationSecs: 1, rowsProcessed: 1, success: true } as const
const execution = { success: true, context, stepResults: [step], totalDurationSecs: 1 } as const

beforeAll(async () => {
  writer = await createWriter({
    path: join(folder, 'logs.duckdb'),
    tableSchema: 'analytics',
    tableName: 'pipeline_logs',
  })
  await writer.writeLogRows([row, { ...row, step_name: 'clean', phase: 'silver' }])
})
afterAll(async () => {
  await writer.close()
})

test.each(Object.entries(METHODS))('%s of the guide is the method %s of a writer', (_python, name) => {
  expect(writer[name]).toBeTypeOf('function')
})

test.each(Object.entries(FROM_CORE))('%s of the guide is the export %s of core', (_python, name) => {
  expect(core).toHaveProperty(name)
})

test('one import gives what the guide imports: values, and types for what is an interface here', () => {
  const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8')
  const types = ['ExecutionContext', 'ExecutionResult', 'StepResult']
  expect(types.filter((name) => !source.includes(`type ${name},`))).toEqual([])
  const values = Object.entries(FROM_CORE).filter(([python]) => python !== 'LogWriter' && !types.includes(python))
  expect(values.map(([, name]) => name).filter((name) => !(name in whole))).toEqual([])
  expect(whole).toHaveProperty('createWriter')
})

test('every method that the tables of the README name is one of a writer', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const table = text.split('| methods | purpose |')[1]?.split('\n\n')[0] ?? ''
  const names = [...table.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(25)
  expect(names.filter((name) => typeof Reflect.get(writer, name) !== 'function')).toEqual([])
})

const WRITE_KEYS = ['success', 'rowsWritten', 'runId', 'tableFqn', 'version', 'durationSecs']

/** The keys of each result in the guide, in camelCase. */
const RESULTS: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ['writeLogRows', () => writer.writeLogRows([row]), WRITE_KEYS],
  ['writeStepResults', () => writer.writeStepResults([step], context, { runId: 'r2' }), WRITE_KEYS],
  ['writeExecutionResult', () => writer.writeExecutionResult(execution, { runId: 'r3' }), WRITE_KEYS],
  [
    'writeExecutionResultBatch',
    () => writer.writeExecutionResultBatch([execution], { runId: 'r4', batchSize: 10 }),
    [
      'totalExecutions',
      'successfulWrites',
      'failedWrites',
      'rowsWritten',
      'batchDurationSecs',
      'failedExecutions',
      'failures',
    ],
  ],
  [
    'getTableInfo',
    () => writer.getTableInfo(),
    ['exists', 'rowCount', 'columns', 'sizeMb', 'files', 'version', 'location'],
  ],
  [
    'validateLogDataQuality',
    () => writer.validateLogDataQuality([row], { validationRules: { duration_secs: ['duration_secs >= 0'] } }),
    [
      'qualityPassed',
      'validationRate',
      'thresholdMet',
      'validRows',
      'invalidRows',
      'validationRulesApplied',
      'failures',
    ],
  ],
  ['detectAnomalies', () => writer.detectAnomalies([row]), ['anomaliesDetected', 'anomalyCount', 'anomalies']],
  [
    'getMetrics',
    () => writer.getMetrics(),
    [
      'totalWrites',
      'successfulWrites',
      'failedWrites',
      'successRatePercent',
      'totalDurationSecs',
      'averageDurationSecs',
      'totalRowsWritten',
      'averageValidationRate',
      'memoryUsagePeakMb',
    ],
  ],
  ['getMemoryUsage', () => writer.getMemoryUsage(), ['rssMb', 'vmsMb', 'percent', 'availableMb', 'engineMb']],
  [
    'optimizeTable',
    () =>
      writer.optimizeTable({
        enablePartitioning: true,
        enableCompression: true,
        enableZordering: true,
        enableVacuum: true,
      }),
    ['optimized', 'optimizationsApplied', 'optimizationDurationSecs', 'before', 'after', 'skipped'],
  ],
  [
    'maintainTable',
    () => writer.maintainTable({ vacuum: true, analyze: true, validateSchema: true }),
    ['maintained', 'maintenanceOperations', 'maintenanceDurationSecs'],
  ],
  [
    'getTableHistory',
    () => writer.getTableHistory({ limit: 10 }),
    ['historyAvailable', 'tableFqn', 'totalVersions', 'versions'],
  ],
  [
    'a version of getTableHistory',
    async () => (await writer.getTableHistory({ limit: 1 })).versions[0],
    ['version', 'timestamp', 'operation', 'rowCount', 'sizeMb', 'rowsAdded', 'rowsRemoved', 'batchId'],
  ],
  [
    'generateSummaryReport',
    () => writer.generateSummaryReport({ days: 30 }),
    [
      'reportAvailable',
      'totalExecutions',
      'totalSteps',
      'successRatePercent',
      'stepSuccessRatePercent',
      'averageDurationSecs',
      'totalRowsProcessed',
      'totalRowsWritten',
      'phaseDistribution',
    ],
  ],
  [
    'analyzePerformanceTrends',
    () => writer.analyzePerformanceTrends({ days: 90 }),
    [
      'trendsAvailable',
      ...['mean', 'stddev', 'min', 'max'].map((key) => `durationTrend.${key}`),
      'successTrend.successRatePercent',
      'successTrend.totalExecutions',
      'validationTrend.mean',
      'validationTrend.stddev',
    ],
  ],
  [
    'exportAnalyticsData',
    () =>
      writer.exportAnalyticsData({
        format: 'json',
        limit: 10,
        filters: { phase: 'bronze' },
        path: join(folder, 'a.json'),
      }),
    ['exportSuccessful', 'recordsExported', 'exportSizeMb', 'exportPath', 'sha256'],
  ],
]

test.each(RESULTS)('the result of %s has the keys of the guide', async (_name, call, keys) => {
  const result = await call()
  for (const key of keys) expect(result).toHaveProperty(key)
})

test('an error of a write has context, suggestions, code and committed', async () => {
  const error = await writer.writeLogRows([{ ...row, duration_secs: -1 }]).catch((thrown: unknown) => thrown)
  for (const key of ['context', 'suggestions', 'code', 'committed']) expect(error).toHaveProperty(key)
})
