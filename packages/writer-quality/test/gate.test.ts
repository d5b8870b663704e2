import { join } from 'node:path'
import {
  batchFromRows,
  batchRows,
  createLogWriter,
  type LogRowInput,
  type LogWriter,
  memoryStorage,
  type QualityResult,
  type Row,
  type StorageBackend,
  type WriterConfigInput,
} from '@forge/writer-core'
import { makeRow, newFolder } from '@forge/writer-core/testing'
import {
  listQuarantine,
  QUALITY_COLUMNS,
  type QualityGateOptions,
  qualityGate,
  releaseQuarantine,
} from '@forge/writer-quality'
import { change, range, rowCount, unique } from '@forge/writer-quality/rules'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe, expect, test } from 'vitest'

const directory = newFolder()

const rules = [range('duration_secs', { min: 0, max: 3600 })]
let files = 0

describe.each<[string, () => StorageBackend]>([
  ['memory', memoryStorage],
  ['DuckDB', () => duckdbStorage({ path: join(directory, `logs-${files++}.duckdb`) })],
  ['Delta', () => deltaStorage({ path: join(directory, `lake-${files++}`) })],
])('a gate before %s', (_name, storage) => {
  const open = (gate: QualityGateOptions, config: Partial<WriterConfigInput> = {}) =>
    createLogWriter({
      storage: storage(),
      config: { tableSchema: 'a', tableName: 'logs', ...config },
      hooks: [qualityGate(gate)],
    })

  test('stops a write with a bad verdict before anything is stored', async () => {
    await using writer = await open({ rules })
    const write = writer.writeLogRows([makeRow(), makeRow({ step_name: 'slow', duration_secs: 7200 })])
    await expect(write).rejects.toMatchObject({
      code: 'DATA_QUALITY',
      committed: 'no',
      context: { invalidRows: 1, failures: [{ rule: 'range(duration_secs)', failingRows: 1, checkedRows: 2 }] },
    })
    expect(await writer.getTableInfo()).toMatchObject({ rowCount: 0 })
  })

  test('lets pass what the thresholds let pass', async () => {
    await using writer = await open({ rules }, { minValidationRate: 50 })
    const result = await writer.writeLogRows([makeRow(), makeRow({ step_name: 'slow', duration_secs: 7200 })])
    expect(result.quality).toMatchObject({ qualityPassed: true, thresholdMet: true, validationRate: 50 })
    await expect(writer.writeLogRows([makeRow({ duration_secs: 7200 })])).rejects.toMatchObject({
      code: 'DATA_QUALITY',
    })
  })

  test('that only warns writes all rows, returns the verdict, and emits an event', async () => {
    await using writer = await open({ rules, policy: 'warn' })
    const heard: QualityResult[] = []
    writer.on('quality', ({ result }) => heard.push(result))
    const { quality, rowsWritten } = await writer.writeLogRows([makeRow({ duration_secs: 7200 })])
    expect(rowsWritten).toBe(1)
    expect(quality).toMatchObject({
      qualityPassed: false,
      failures: [
        {
          rule: 'range(duration_secs)',
          examples: [{ step_name: 'load', duration_secs: 7200 }],
          unexpectedValues: [{ value: 7200, count: 1 }],
        },
      ],
    })
    expect(heard).toEqual([quality])
  })

  test('writes good rows and holds bad ones back with their reasons', async () => {
    await using writer = await open({ rules, policy: 'quarantine' })
    const rows = [makeRow(), makeRow({ step_name: 'slow', duration_secs: 7200, metadata: { a: 'ü' } })]
    const { rowsWritten, batchId } = await writer.writeLogRows(rows, { batchId: 'batch-1' })
    expect(rowsWritten).toBe(1)
    await writer.writeLogRows(rows, { batchId: 'batch-1' })
    const held = await listQuarantine(writer)
    expect(held).toMatchObject([
      {
        id: 'batch-1:1',
        batchId,
        reasons: [{ rule: 'range(duration_secs)' }],
        row: { step_name: 'slow', duration_secs: 7200, metadata: '{"a":"ü"}' },
      },
    ])
  })

  test('stores nothing of a batch if the quarantine cannot be stored', async () => {
    await using writer = await open({ rules, policy: 'quarantine' })
    const other = await writer.storage.openTable(
      { schema: 'a', name: 'logs_quarantine' },
      { columns: [{ name: 'else', type: 'string', nullable: false }] },
    )
    const columns = [{ name: 'else', type: 'string', nullable: false }] as const
    await other.append(
      { rowCount: 1, columns, vectors: [{ kind: 'text', values: ['x'], validity: null }] },
      { batchId: 'x' },
    )
    await expect(writer.writeLogRows([makeRow(), makeRow({ duration_secs: 7200 })])).rejects.toMatchObject({
      code: 'SCHEMA',
    })
    expect(await writer.getTableInfo()).toMatchObject({ rowCount: 0 })
  })

  test('puts corrected rows back, once, and takes them out of the quarantine', async () => {
    await using writer = await open({ rules, policy: 'quarantine' })
    const slow = ['s1', 's2', 's3'].map((step_name) => makeRow({ step_name, duration_secs: 7200 }))
    await writer.writeLogRows([makeRow(), ...slow])
    const correct = (row: LogRowInput) => {
      if (row.step_name === 's3') return undefined
      return { ...row, duration_secs: row.step_name === 's2' ? 9000 : 72 }
    }
    expect(await releaseQuarantine(writer, { where: "step_name LIKE 's%'", correct })).toEqual({
      released: 1,
      heldAgain: 1,
      left: 1,
    })
    const held = await listQuarantine(writer)
    expect(held.map(({ row }) => row.duration_secs).sort()).toEqual([7200, 9000])
    expect(await steps(writer)).toEqual(['load', 's1'])
  })

  test('that was stopped between writing and taking out releases no row twice', async () => {
    await using writer = await open({ rules, policy: 'quarantine' })
    await writer.writeLogRows([makeRow({ duration_secs: 7200 })])
    const correct = (row: LogRowInput) => ({ ...row, duration_secs: 1 })
    const [held] = await listQuarantine(writer)
    await expect(releaseQuarantine(interruptReleases(writer), { correct })).rejects.toThrow('interrupted')
    expect(await steps(writer)).toEqual(['load'])
    expect(await listQuarantine(writer)).toEqual([held])
    await releaseQuarantine(writer, { correct })
    expect(await steps(writer)).toEqual(['load'])
    expect(await listQuarantine(writer)).toEqual([])
  })

  test('holds back the later rows of a key, and stops if no row can be blamed', async () => {
    await using writer = await open({
      rules: [unique(['run_id', 'step_name']), rowCount({ min: 2 })],
      policy: 'quarantine',
    })
    await writer.writeLogRows([makeRow(), makeRow({ duration_secs: 2 }), makeRow({ step_name: 'clean' })])
    expect(await steps(writer)).toEqual(['clean', 'load'])
    expect(await listQuarantine(writer)).toMatchObject([{ row: { duration_secs: 2 } }])
    await expect(writer.writeLogRows([makeRow()])).rejects.toMatchObject({ code: 'DATA_QUALITY' })
  })

  test('keeps each verdict, also of writes that it stops', async () => {
    await using writer = await open({ rules }, { logDataQualityResults: true })
    await writer.writeLogRows([makeRow()], { batchId: 'good', runId: 'run-1' })
    await writer.writeLogRows([makeRow()], { batchId: 'good', runId: 'run-1' })
    await expect(writer.writeLogRows([makeRow({ duration_secs: 7200 })], { batchId: 'bad' })).rejects.toThrow()
    const kept = await allRows(writer, 'logs_quality')
    expect(
      kept.map(({ batch_id, scope, passed, verdict, stopped, failing_rows }) => [
        batch_id,
        scope,
        passed,
        verdict,
        stopped,
        failing_rows,
      ]),
    ).toEqual([
      ['bad', 'rule', false, 'failed', true, 1],
      ['bad', 'write', false, 'failed', true, 1],
      ['good', 'rule', true, 'passed', false, 0],
      ['good', 'write', true, 'passed', false, 0],
    ])
  })

  test('keeps the verdict of a write in which no rule had anything to judge', async () => {
    await using writer = await open({ rules: [range('input_rows', { min: 0 })] }, { logDataQualityResults: true })
    await writer.writeLogRows([makeRow({ input_rows: null })])
    expect(await allRows(writer, 'logs_quality')).toMatchObject([
      { scope: 'rule', passed: true, verdict: 'notJudged', checked_rows: 0 },
      { scope: 'write', passed: true, verdict: 'notJudged', checked_rows: 1 },
    ])
  })

  test('keeps verdicts in a table that has no column for them yet', async () => {
    await using writer = await open({ rules }, { logDataQualityResults: true })
    const columns = QUALITY_COLUMNS.filter(({ name }) => name !== 'verdict')
    const table = await writer.companion('quality', columns)
    await table.append(batchFromRows(columns, []), { batchId: 'old' })
    await writer.writeLogRows([makeRow()])
    expect(await allRows(writer, 'logs_quality')).toMatchObject([{ verdict: 'passed' }, { verdict: 'passed' }])
  })

  test('compares a run with those that are stored', async () => {
    await using writer = await open({ rules: [change('rows_processed', { maxDecrease: 0.5, time: 'start_time' })] })
    const run = (day: number, rows_processed: number) =>
      makeRow({ run_id: `run-${day}`, start_time: new Date(Date.UTC(2024, 0, day)), rows_processed })
    await writer.writeLogRows([run(1, 100)])
    await writer.writeLogRows([run(2, 60)])
    await expect(writer.writeLogRows([run(3, 20)])).rejects.toMatchObject({ code: 'DATA_QUALITY' })
  })
})

test.each<[string, object]>([
  ['policy', { policy: 'stop' }],
  ['rules', { rules: 'duration_secs > 0' }],
  ['conditions', { rules: { duration_secs: 'duration_secs > 0' } }],
  ['a condition', { rules: { duration_secs: ['duration_secs >'] } }],
  ['the suffix', { quarantine: 'quality' }],
  ['an unknown option', { polcy: 'warn' }],
])('wrong %s is refused when the gate is made', (_what, options) => {
  expect(() => qualityGate(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})

async function allRows(writer: LogWriter, table: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of (await writer.table({ table })).scan()) rows.push(...batchRows(batch))
  const key = (row: Row) => `${row.batch_id} ${row.scope}`
  return rows.sort((a, b) => key(a).localeCompare(key(b)))
}

async function steps(writer: LogWriter) {
  return (await allRows(writer, 'logs')).map((row) => row.step_name).sort()
}

/** The writer, but its quarantine fails to delete. */
function interruptReleases(writer: LogWriter): LogWriter {
  return {
    ...writer,
    config: writer.config,
    async companion(suffix, columns) {
      const table = await writer.companion(suffix, columns)
      return new Proxy(table, {
        get: (target, key) => {
          if (key === 'delete') return () => Promise.reject(new Error('interrupted'))
          const value = Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  }
}
