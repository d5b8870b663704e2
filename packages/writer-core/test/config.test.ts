import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createLogWriter,
  generateTableName,
  isWriterError,
  loadConfig,
  memoryStorage,
  tableSource,
  writerConfig,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { SETTING_NAMES } from '../src/config/config-schema.ts'

const table = { tableSchema: 'analytics', tableName: 'base_logs' }

function problemsOf(work: () => unknown): readonly { setting: string; problem: string }[] {
  try {
    work()
  } catch (error) {
    if (isWriterError(error, 'CONFIGURATION')) return error.context.problems as []
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('writerConfig', () => {
  test('fills in defaults, and is frozen', () => {
    const config = writerConfig(table)
    expect(config).toMatchObject({ writeMode: 'append', batchSize: 1000, maxRetries: 3, compression: 'zstd' })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('lists every problem, with the setting that was meant', () => {
    const input = {
      tableSchema: '',
      batch_size: 5,
      batchSize: 1.5,
      retention: { keepDays: -1 },
      tableNamePattern: '{x}',
    }
    const problems = problemsOf(() => writerConfig(input as never))
    expect(problems.map(({ setting }) => setting).sort()).toEqual([
      'batchSize',
      'batch_size',
      'retention.keepDays',
      'tableName',
      'tableNamePattern',
      'tableSchema',
    ])
    expect(problems.find(({ setting }) => setting === 'batch_size')?.problem).toContain('batchSize')
  })
})

test('values of every odd kind in every setting are a typed error or a valid setting', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const odd: unknown[] = [
    10n,
    2n ** 65n,
    new Uint8Array(3),
    new BigInt64Array([1n]),
    new Map([[1, 2n]]),
    Symbol('odd'),
    () => 1,
    circle,
    Object.create(null),
    Object.assign(Object.create(null), { n: 1n }),
    [1n, [2n]],
    Number.NaN,
    new Date(Number.NaN),
    '\ud800',
    null,
    { toJSON: () => 1n },
  ]
  for (const setting of SETTING_NAMES) {
    for (const value of odd) {
      try {
        writerConfig({ ...table, [setting]: value } as never)
      } catch (error) {
        expect(isWriterError(error, 'CONFIGURATION'), `${setting}: ${String(error)}`).toBe(true)
      }
    }
  }
})

describe('generateTableName', () => {
  const pattern = '{schema}.{pipeline_id}_{run_mode}_{date}'

  test('a timestamp that is given as text is used as it is', () => {
    const values = { pipelineId: 'my-pipeline', runMode: 'incremental', timestamp: '20240101_120000' } as const
    expect(generateTableName({ ...table, tableNamePattern: pattern }, values)).toBe(
      'analytics.my-pipeline_incremental_20240101_120000',
    )
  })

  test('without a timestamp the date is that of the start of the run, in UTC', () => {
    const values = { pipelineId: 'p', runStartedAt: new Date('2024-01-01T23:30:00-02:00') }
    expect(generateTableName({ ...table, tableNamePattern: '{date}-{timestamp}' }, values)).toBe(
      'analytics.20240102-20240102_013000',
    )
    expect(generateTableName({ ...table, tableSuffixPattern: '_{run_mode}' }, { runMode: 'initial' })).toBe(
      'analytics.base_logs_initial',
    )
  })
})

describe('a routed table', () => {
  const routed = { ...table, tableSuffixPattern: '_{pipeline_id}' }

  test.each(['alerts', 'ALERTS', 'anomalies', 'anomaly_feedback', 'quality', 'quarantine', 'unfinished'])(
    'cannot have the name of a companion table: %s',
    (pipelineId) => {
      const make = () => generateTableName(routed, { pipelineId })
      expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION', committed: 'no' }))
      const pattern = () =>
        generateTableName({ ...table, tableNamePattern: '{pipeline_id}' }, { pipelineId: `base_logs_${pipelineId}` })
      expect(pattern).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
    },
  )

  test('may have a name that only resembles that of a companion table', () => {
    expect(generateTableName(routed, { pipelineId: 'sales_quality' })).toBe('analytics.base_logs_sales_quality')
    expect(
      generateTableName({ ...table, tableNamePattern: 'other.base_logs_{pipeline_id}' }, { pipelineId: 'alerts' }),
    ).toBe('other.base_logs_alerts')
  })
})

describe('a log with the name of a companion', () => {
  test.each(['logs_quality', 'LOGS_ALERTS', 'data_anomaly_feedback'])('%s is refused by writers', async (tableName) => {
    const storage = memoryStorage()
    const opening = createLogWriter({ storage, config: { ...table, tableName } })
    await expect(opening).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { problems: [{ setting: 'tableName' }] },
    })
  })

  test('can be read, as verdicts and findings are', async () => {
    const source = tableSource({ storage: memoryStorage(), config: { ...table, tableName: 'logs_quality' } })
    expect((await (await source.table()).info()).exists).toBe(false)
  })
})

describe('loadConfig', () => {
  let folder = ''
  beforeEach(async () => {
    folder = newFolder()
  })

  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  test('of the extended file, the file, its overlay, the environment and overrides, the later one wins', async () => {
    await write('base.yaml', 'tableSchema: s\ntableName: t\nbatchSize: 1\nmaxRetries: 1\nretryDelaySecs: 1\n')
    const file = await write(
      'forge.json',
      '{"extends": "base.yaml", "maxRetries": 2, "path": "logs.duckdb", "environments": {"dev": {}, "prod": {"maxRetries": 5, "compression": "snappy"}}}',
    )
    const env = { FORGE_WRITER_RETRY_DELAY_SECS: '0.5', FORGE_WRITER_MERGE_KEYS: '["run_id"]' }
    const { config, path, storage } = await loadConfig({ file, environment: 'prod', env, overrides: { batchSize: 7 } })
    expect(config).toMatchObject({
      tableSchema: 's',
      batchSize: 7,
      maxRetries: 5,
      compression: 'snappy',
      retryDelaySecs: 0.5,
      mergeKeys: ['run_id'],
    })
    expect(path).toBe(join(folder, 'logs.duckdb'))
    expect(storage).toBeUndefined()
  })

  test('environment variables can name the file and the overlay', async () => {
    const file = await write(
      'c.json',
      '{"tableSchema": "s", "tableName": "t", "environments": {"dev": {"batchSize": 3}}}',
    )
    const { config } = await loadConfig({ env: { FORGE_WRITER_CONFIG: file, FORGE_WRITER_ENV: 'dev' } })
    expect(config.batchSize).toBe(3)
  })

  test('names stay text, an empty variable is not set, and a file may begin with a byte order mark', async () => {
    const file = await write('c.json', '\ufeff{"tableSchema": "s", "tableName": "t", "batchSize": 3}')
    const env = {
      FORGE_WRITER_TABLE_NAME: '2024',
      FORGE_WRITER_PATH: '7',
      FORGE_WRITER_BATCH_SIZE: '',
      FORGE_WRITER_ENV: '',
      FORGE_WRITER_MAX_RETRIES: '2',
    }
    const { config, path } = await loadConfig({ file, env })
    expect(config).toMatchObject({ tableName: '2024', batchSize: 3, maxRetries: 2 })
    expect(path).toBe('7')
  })

  test.each([
    ['[]', undefined],
    ['{', undefined],
    ['{"extends": "c.json"}', undefined],
    ['{"extends": 1}', undefined],
    ['{"tableSchema": "s"}', undefined],
    ['{"tableSchema": "s", "tableName": "t"}', 'prod'],
    ['{"tableSchema": "s", "tableName": "t", "tablename": "u"}', undefined],
    ['{"tableSchema": "s", "tableName": "t", "environments": {"a": {}}}', '__proto__'],
  ])('%s with overlay %s is rejected', async (text, environment) => {
    const file = await write('c.json', text)
    const loading = loadConfig({ file, env: {}, ...(environment && { environment }) })
    await expect(loading).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test.each([
    [
      'a map in 500 others as a key, which the parser would print for minutes',
      `{"a": {{${'{"a":'.repeat(500)}1${'}'.repeat(500)}: 1}}`,
    ],
    ['nested lists in a line', '- '.repeat(5000)],
    ['tags', 'a: !!binary aGk='],
  ])('%s in YAML are refused at once', async (_what, text) => {
    const file = await write('c.yaml', text)
    await expect(loadConfig({ file, env: {} })).rejects.toMatchObject({ code: 'CONFIGURATION', context: { line: 1 } })
  })
})
