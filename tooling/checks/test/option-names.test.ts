import { createWriter } from '@forge/writer'
import * as alerts from '@forge/writer-alerts'
import * as analytics from '@forge/writer-analytics'
import * as anomaly from '@forge/writer-anomaly'
import * as statistics from '@forge/writer-anomaly/statistics'
import * as core from '@forge/writer-core'
import * as ingest from '@forge/writer-ingest'
import * as otel from '@forge/writer-otel'
import * as quality from '@forge/writer-quality'
import * as rules from '@forge/writer-quality/rules'
import * as record from '@forge/writer-record'
import * as report from '@forge/writer-report'
import * as server from '@forge/writer-server'
import * as delta from '@forge/writer-storage-delta'
import * as stores from '@forge/writer-storage-delta/stores'
import * as duckdb from '@forge/writer-storage-duckdb'
import * as postgres from '@forge/writer-storage-postgres'
import * as spark from '@forge/writer-storage-spark'
import * as s3 from '@forge/writer-store-s3'
import { expect, test } from 'vitest'
import { optionTakers } from '../src/option-takers.ts'

const config = { tableSchema: 'analytics', tableName: 'log' }
const writer = await createWriter({ storage: core.memoryStorage(), ...config })

const MODULES: Readonly<Record<string, object>> = {
  '@forge/writer': { createWriter },
  '@forge/writer-alerts': alerts,
  '@forge/writer-analytics': analytics,
  '@forge/writer-anomaly': anomaly,
  '@forge/writer-anomaly/statistics': statistics,
  '@forge/writer-core': core,
  '@forge/writer-ingest': ingest,
  '@forge/writer-otel': otel,
  '@forge/writer-quality': quality,
  '@forge/writer-quality/rules': rules,
  '@forge/writer-record': record,
  '@forge/writer-report': report,
  '@forge/writer-server': server,
  '@forge/writer-storage-delta': delta,
  '@forge/writer-storage-delta/stores': stores,
  '@forge/writer-storage-duckdb': duckdb,
  '@forge/writer-storage-postgres': postgres,
  '@forge/writer-storage-spark': spark,
  '@forge/writer-store-s3': s3,
}

/** One of the options, and the arguments before the options. */
type Call = readonly [known: string, ...before: unknown[]]

const FUNCTIONS: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  '@forge/writer': { createWriter: ['storage'] },
  '@forge/writer-alerts': {
    alertHook: ['timeoutMs'],
    alertsOfServiceLevels: ['tableFqn', []],
    alertStation: ['giveUpMs', writer, []],
    commandSink: ['command'],
    emailSink: ['server'],
    listAlerts: ['states', writer],
    pagerdutySink: ['routingKey'],
    slackBotSink: ['apiUrl'],
    slackSink: ['fetch'],
    teamsSink: ['fetch'],
    testSinks: ['timeoutMs', []],
    verifySignature: ['toleranceMs', '', ''],
    webhookSink: ['secret'],
  },
  '@forge/writer-analytics': {
    dueTimesOf: ['from', [], []],
    analyzePerformanceTrends: ['timeZone', writer],
    analyzeQualityTrends: ['timeZone', writer],
    checkServiceLevels: ['maxBreaches', writer],
    chooseRows: ['owner', writer],
    compareRuns: ['table', writer, 'a', 'b'],
    eraseRows: ['dryRun', writer],
    explainRun: ['table', writer, 'a'],
    exportAnalyticsData: ['orderBy', writer],
    exportBytes: ['orderBy', writer],
    findCriticalPath: ['table', writer, 'a'],
    findLastGoodRun: ['table', writer, 'a'],
    findRun: ['pipeline', writer, 'a'],
    generateSummaryReport: ['approximate', writer],
    getTableHistory: ['limit', writer],
    listPipelines: ['levels', writer],
    listRuns: ['outcomes', writer],
    maintainTable: ['validateSchema', writer],
    optimizeTable: ['enableVacuum', writer],
    planRetention: ['retention', writer],
    planUpkeep: ['table', writer],
    pruneTable: ['dryRun', writer],
    readFailures: ['timeZone', writer],
    readRunDays: ['timeZone', writer],
    readRunGrid: ['pipeline', writer],
    readRunGrids: ['pipelines', writer],
    shareReading: ['table', writer],
    viewRun: ['table', writer, 'a'],
    viewRuns: ['table', writer, []],
    writeAtomically: ['isShared', '/nowhere/file', []],
  },
  '@forge/writer-anomaly': {
    addFeedback: ['note', writer],
    anomalyModel: ['timeZone'],
    anomalyWatch: ['refreshMs'],
    backtest: ['labels', writer],
    detectAnomalies: ['detectionDelayMs', writer],
    evaluateDetection: ['historyDays', writer],
    readExpected: ['wants', writer],
    tuneSensitivity: ['targetAlertsPerWeek', writer],
  },
  '@forge/writer-anomaly/statistics': { findChangePoints: ['minLength', []] },
  '@forge/writer-core': {
    createLogger: ['level', 'test'],
    createLogWriter: ['storage'],
    generateTableName: ['pipelineId', config],
    like: ['ignoreCase', 'a', 'b'],
    loadConfig: ['overrides'],
    openStorageAt: ['memoryFraction', 's3://bucket', {}],
    parsePredicate: ['columns', 'a = 1'],
    tableSource: ['storage'],
    writerConfig: ['batchSize'],
  },
  '@forge/writer-ingest': { findInputs: ['onLeftOut', []], ingestFile: ['timeZone', writer, 'a.json'] },
  '@forge/writer-otel': { runSpans: ['runIdInMetrics'], spanExporter: ['select', writer] },
  '@forge/writer-quality': {
    listQuarantine: ['quarantine', writer],
    logRules: ['columns'],
    parseRuleFile: ['file', '', 'json'],
    profileLog: ['columns', writer],
    qualityGate: ['rules'],
    readVerdicts: ['runIds', writer],
    releaseQuarantine: ['onBroken', writer],
    suggestRules: ['since', writer],
    validateLogDataQuality: ['maxExamples', writer],
  },
  '@forge/writer-quality/rules': {
    change: ['severity', 'a'],
    compareColumns: ['severity', 'a'],
    completeness: ['severity', 'a'],
    expectedSteps: ['severity'],
    expression: ['severity', 'a = 1'],
    freshness: ['severity', 'a'],
    length: ['severity', 'a'],
    matches: ['severity', 'a'],
    mean: ['severity', 'a'],
    notNull: ['severity', 'a'],
    oneOf: ['severity', 'a'],
    quantile: ['severity', 'a'],
    range: ['severity', 'a'],
    rowCount: ['severity'],
    sum: ['severity', 'a'],
    type: ['severity', 'a'],
    unique: ['severity', 'a'],
  },
  '@forge/writer-record': {
    asRun: ['pipelineId', writer],
    asStep: ['retries', 'a', () => 1],
    listRunning: ['staleAfterMs', '/nowhere/logs.duckdb'],
    needsSettling: ['staleAfterMs', []],
    recordRun: ['pipelineId', writer],
    settleSpool: ['staleAfterMs', writer],
  },
  '@forge/writer-report': { buildReport: ['redactErrors', writer], renderBadge: ['label', { pipelines: [] }] },
  '@forge/writer-server': { createServerHandler: ['redactErrors', writer], serve: ['basePath', writer] },
  '@forge/writer-storage-delta': { checksumDeltaTable: ['version', '/nowhere'], deltaStorage: ['fileSkipping'] },
  '@forge/writer-storage-delta/stores': { fileCache: ['maxBytes'] },
  '@forge/writer-store-s3': {
    s3Stores: ['pathStyle'],
    s3StoresAt: ['pathStyle', 's3://bucket'],
    storageAt: ['memoryFraction', 's3://bucket'],
  },
  '@forge/writer-storage-duckdb': { duckdbStorage: ['readOnly'] },
  '@forge/writer-storage-postgres': {
    postgresStorage: ['readOnly'],
    storageAt: ['lockTimeoutMs', 'postgres://localhost/logs'],
  },
  '@forge/writer-storage-spark': {
    sparkStorage: ['readOnly'],
    storageAt: ['lockTimeoutMs', 'sc://localhost'],
  },
}

const ROWS = [{ phase: 'bronze' }]
const METHODS: Readonly<Record<string, readonly [known: string, owner: object, ...before: unknown[]]>> = {
  'AlertStation.flush': ['dead', alerts.alertStation(writer, [])],
  'AnomalyModel.update': ['knowsErrors', anomaly.anomalyModel(), [], 0],
  'AnomalyWatch.evaluate': ['now', anomaly.anomalyWatch()],
  'LogWriter.configure': ['batchSize', writer],
  'LogWriter.getTableInfo': ['table', writer],
  'LogWriter.showLogs': ['limit', writer],
  'LogWriter.stream': ['flushRows', writer],
  'LogWriter.writeExecutionResult': ['runId', writer, {}],
  'LogWriter.writeExecutionResultBatch': ['batchSize', writer, []],
  'LogWriter.writeLogRows': ['runId', writer, ROWS],
  'LogWriter.writeStepResults': ['runId', writer, [], {}],
  'TableSource.table': ['table', core.tableSource({ storage: core.memoryStorage(), config })],
  ...Object.fromEntries(
    ['analytics', 'anomaly', 'quality'].flatMap((name) =>
      Object.entries(FUNCTIONS[`@forge/writer-${name}`] ?? {}).flatMap(([method, [known, source, ...before]]) =>
        method in writer && source === writer ? [[`WriterMethods.${method}`, [known, writer, ...before]]] : [],
      ),
    ),
  ),
}

/** What takes an object that is not refused for its names, with the reason; a name alone stands for all members. */
const OTHERS: Readonly<Record<string, string>> = {
  LogTable: 'the conformance suite tries each method of every storage (writer-core/src/testing/options-area.ts)',
  TableReader: 'the same',
  StorageBackend: 'the same',
  MemoryStorage: 'the same',
  DeltaStorage: 'the same',
  DuckdbStorage: 'the same',
  PostgresStorage: 'the same',
  SparkStorage: 'the same',
  DeltaTable: 'the tests of Delta try them (writer-storage-delta/test/option-names.test.ts)',
  hasFailed: 'takes a row, which may have any columns',
  statusOf: 'takes a row, which may have any columns',
  knownDurationSecs: 'takes a row, which may have any columns',
  detectFormat: 'takes a file, which may have further fields',
  AlertSink: 'is written by users and called by the station',
  IngestAdapter: 'is written by users and called by ingest',
  Command: 'is written by the CLI and called with its context',
  CommandContext: 'is called by the commands of the CLI',
  ServerHandler: 'takes a request',
  StorageOpener: 'is a package, whose function is tried with it',
  Scope: 'is tested with a run (writer-record/test/record-run.test.ts)',
  stepRunsOfRows: 'takes rows',
  storeFailure: 'takes the options of an error, which must not throw another one',
}
/** Entries for storages and our own programs, which call them for each value or query and are written in TypeScript. */
const PARTS = ['@forge/writer-core/storage', '@forge/writer-core/lock', '@forge/writer-core/testing']
const MORE_PARTS = ['@forge/writer-report/pages', '@forge/writer-storage-duckdb/engine', '@forge/writer-record/command']

/** Returns a name that a user may have meant to be `known`: as other languages spell it, or with a letter left out. */
function misspell(known: string): string {
  const snake = known.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return snake === known ? `${known.slice(0, 1)}${known.slice(2)}` : snake
}

type Callable = (...args: unknown[]) => unknown

const calls = [
  ...Object.entries(FUNCTIONS).flatMap(([entry, byName]) =>
    Object.entries(byName).map(([name, [known, ...before]]) => {
      const call: unknown = Reflect.get(MODULES[entry] ?? {}, name)
      return [`${name} of ${entry}`, known, (given: unknown) => (call as Callable)(...before, given)] as const
    }),
  ),
  ...Object.entries(METHODS).map(([name, [known, owner, ...before]]) => {
    const call: unknown = Reflect.get(owner, name.slice(name.indexOf('.') + 1))
    return [name, known, (given: unknown) => Reflect.apply(call as Callable, owner, [...before, given])] as const
  }),
]

/** Returns the error of a call, which may also throw, or fail when its first item is taken. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = call()
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
      for await (const _item of result as AsyncIterable<unknown>) break
    }
    return await result
  } catch (error) {
    return error
  }
}

test.each(calls)('%s refuses a misspelt name, and names the option that was meant', async (_name, known, call) => {
  const wrong = misspell(known)
  expect(await errorOf(() => call({ [wrong]: 1 }))).toMatchObject({
    code: 'CONFIGURATION',
    committed: 'no',
    context: {
      problems: expect.arrayContaining([{ setting: wrong, problem: expect.stringContaining(`mean ${known}?`) }]),
    },
  })
})

test.each(calls)('%s refuses options that are not an object', async (_name, _known, call) => {
  for (const given of [50, null, 'text']) {
    expect(await errorOf(() => call(given))).toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  }
})

test('every public function and method that takes options is tried', () => {
  const names = optionTakers().filter(({ entry }) => ![...PARTS, ...MORE_PARTS].includes(entry))
  const untried = names.filter(({ entry, name }) => {
    const [owner = name] = name.split('.')
    return !(FUNCTIONS[entry]?.[name] || METHODS[name] || OTHERS[owner])
  })
  expect(untried).toEqual([])
})
