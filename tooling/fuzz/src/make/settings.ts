import type { Random } from '@forge/fixtures'
import { type Maker, makeList, pickFields } from './valid-text.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe']
const GLOBS = ['*', 'etl_*', '*orders*', 'a?c', 'sales', 'ä*', '*a*a*b']
const COLUMNS = ['phase', 'pipeline_id', 'step_name', 'run_mode']
const TIMES = ['00:00', '02:30', '06:00', '23:59']

const makeBoolean: Maker = (random) => random.chance(0.5)
const makePercent: Maker = (random) => random.pick([0, 0.5, 99.5, 100])
const makeDays: Maker = (random) => random.pick([0.25, 1, 7, 90, 36_500])

const SETTINGS: Readonly<Record<string, Maker>> = {
  tableNamePattern: (random) =>
    random.pick(['{schema}.{table_name}_{pipeline_id}_{date}', '{table_name}', '{table_name}_{run_mode}', 'fixed']),
  writeMode: (random) => random.pick(['append', 'merge', 'overwrite', 'ignore']),
  mergeKeys: (random) => makeList(random, 3, () => random.pick(['run_id', 'step_name', 'phase'])),
  batchSize: (random) => random.pick([1, 2, 500, 1_000_000]),
  maxFileSizeMb: (random) => random.pick([1, 128, 16_384]),
  parallelWriteThreads: (random) => random.pick([1, 4, 256]),
  memoryFraction: (random) => random.pick([0.05, 0.5, 0.95]),
  enableOptimization: makeBoolean,
  logDataQualityResults: makeBoolean,
  enableAnomalyDetection: makeBoolean,
  minValidationRate: makePercent,
  maxInvalidRowsPercent: makePercent,
  enableSchemaEvolution: makeBoolean,
  schemaValidationMode: (random) => random.pick(['strict', 'lenient']),
  autoOptimizeSchema: makeBoolean,
  partitionColumns: (random) => [...new Set(makeList(random, 2, () => random.pick(COLUMNS)))],
  clusterColumns: (random) => [...new Set(makeList(random, 2, () => random.pick(COLUMNS)))],
  compression: (random) => random.pick(['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed']),
  maxRetries: (random) => random.pick([0, 3, 100]),
  retryDelaySecs: (random) => random.pick([0, 0.2, 3600]),
  failFast: makeBoolean,
  lockTimeoutMs: (random) => random.pick([0, 30_000, 86_400_000]),
  redact: (random) => makeList(random, 3, () => random.pick(['error_message', 'metadata.user', 'metadata.a.b', 'x'])),
  retention: (random) => ({
    keepDays: makeDays(random),
    ...pickFields(random, { keepFailuresDays: makeDays, pipelines: (each) => makeList(each, 3, makeRetention) }, 0.5),
  }),
  alerts: (random) => makeList(random, 3, makeAlert),
  serviceLevels: (random) => makeList(random, 3, makeServiceLevel),
  logLevel: (random) => random.pick(['error', 'silent']),
}

/** Returns valid settings of a config file. */
export function makeSettings(random: Random): Record<string, unknown> {
  const overlay = pickFields(random, SETTINGS, 0.1)
  return {
    tableSchema: random.pick(['analytics', 'main', 'Ä', 'a b']),
    tableName: random.pick(['logs', 'LOGS', 'select', 'run logs']),
    ...pickFields(random, SETTINGS, 0.25),
    ...(random.chance(0.5) && { storage: 'duckdb', path: 'logs.duckdb' }),
    environments: { prod: { ...overlay, path: 'prod.duckdb' } },
  }
}

function makeRetention(random: Random): Record<string, unknown> {
  return {
    pipeline: random.pick(GLOBS),
    keepDays: makeDays(random),
    ...pickFields(random, { keepFailuresDays: makeDays }, 0.5),
  }
}

function makeAlert(random: Random): Record<string, unknown> {
  const names: Maker = (each) => makeList(each, 2, () => each.pick(GLOBS))
  const fields: Readonly<Record<string, Maker>> = {
    on: (each) => makeList(each, 3, () => each.pick(['anomaly', 'quality', 'failure', 'sla', 'lost', 'recovered'])),
    minSeverity: (each) => each.pick(['info', 'warning', 'error', 'critical']),
    secretEnv: (each) => each.pick(['SLACK_TOKEN', '_x1']),
    quietHours: (each) => `${each.pick(TIMES)}-${each.pick(TIMES)}${each.chance(0.5) ? ` ${each.pick(ZONES)}` : ''}`,
    maxPerHour: (each) => each.pick([1, 60]),
    after: (each) => each.pick([1, 3]),
    pipelines: names,
    tags: names,
    owners: names,
    linkTemplate: () => 'https://ci.example.com/{pipeline_id}/{run_id}?step={step_name}',
  }
  return {
    kind: random.pick(['webhook', 'slack', 'teams', 'pagerduty', 'command', 'email']),
    to: random.pick(['https://hooks.example.com/x', '#runs', './notify.sh', 'a@example.com']),
    ...pickFields(random, fields, 0.25),
  }
}

function makeServiceLevel(random: Random): Record<string, unknown> {
  const fields: Readonly<Record<string, Maker>> = {
    minDurationSecs: (each) => each.pick([0.001, 5]),
    maxRunsPerHour: (each) => each.pick([1, 100]),
    maxConcurrentRuns: (each) => each.pick([1, 8]),
    startBy: (each) => each.pick(TIMES),
    dueTime: (each) => each.pick(TIMES),
    timeZone: (each) => each.pick(ZONES),
    dueDays: (each) => makeList(each, 7, () => 1 + each.below(7)),
    minSuccessRatePercent: makePercent,
    objectivePercent: makePercent,
  }
  return { pipeline: random.pick(GLOBS), maxDurationSecs: 1 + random.below(1000), ...pickFields(random, fields, 0.3) }
}
