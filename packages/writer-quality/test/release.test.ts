import { join } from 'node:path'
import { createLogWriter, eq, type LogRowInput, memoryStorage, type StorageBackend } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { listQuarantine, qualityGate, releaseQuarantine } from '@forge/writer-quality'
import { notNull, range, unique } from '@forge/writer-quality/rules'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe, expect, test } from 'vitest'

const directory = newFolder()
let places = 0

const rules = [range('duration_secs', { max: 300 }), notNull('error_message', { where: eq('success', false) })]

function row(step_name: string, more: LogRowInput = {}): LogRowInput {
  return { run_id: 'r', pipeline_id: 'p', phase: 'gold', step_name, duration_secs: 1, ...more }
}

describe.each<[string, () => StorageBackend]>([
  ['memory', memoryStorage],
  ['DuckDB', () => duckdbStorage({ path: join(directory, `logs-${places++}.duckdb`) })],
  ['Delta', () => deltaStorage({ path: join(directory, `lake-${places++}`) })],
])('rows held back in %s', (_name, create) => {
  const config = { tableSchema: 'a', tableName: 'logs' }

  /** The log with held rows, and a writer that knows nothing of the rules which held them back. */
  async function holdRows(rows: readonly LogRowInput[], gate = qualityGate({ rules, policy: 'quarantine' })) {
    const storage = create()
    const open = { ...storage, close: async () => {} }
    const gated = await createLogWriter({ storage: open, config, hooks: [gate] })
    await gated.writeLogRows(rows, { batchId: 'b' })
    await gated.close()
    return createLogWriter({ storage, config })
  }

  test('that still break their rule are not released by another gate, and the rules are rename', async () => {
    await using writer = await holdRows([
      row('slow', { duration_secs: 900 }),
      row('silent', { success: false }),
      row('ok'),
    ])
    const broken: unknown[] = []
    const result = await releaseQuarantine(writer, { onBroken: (each) => broken.push(each) })
    expect(result).toEqual({ released: 0, heldAgain: 2, left: 0 })
    expect(broken).toEqual([
      { id: 'b:0', rules: ['range(duration_secs)'] },
      { id: 'b:1', rules: ['notNull(error_message)'] },
    ])
    expect((await writer.getTableInfo()).rowCount).toBe(1)
    expect((await listQuarantine(writer)).map(({ id }) => id).sort()).toEqual(['b:0', 'b:1'])
  })

  test('go when they are corrected; what was corrected in vain is kept with the rule that is left', async () => {
    await using writer = await holdRows([
      row('both', { duration_secs: 900, success: false }),
      row('slow', { duration_secs: 900 }),
    ])
    const result = await releaseQuarantine(writer, { correct: (each) => ({ ...each, duration_secs: 10 }) })
    expect(result).toEqual({ released: 1, heldAgain: 1, left: 0 })
    expect(await listQuarantine(writer)).toMatchObject([
      { id: 'b:0', row: { step_name: 'both', duration_secs: 10 }, reasons: [{ rule: 'notNull(error_message)' }] },
    ])
  })

  test('are released as they are when that is asked for, and the rules are named all the same', async () => {
    await using writer = await holdRows([row('slow', { duration_secs: 900 })])
    const broken: unknown[] = []
    const result = await releaseQuarantine(writer, { force: true, onBroken: (each) => broken.push(each) })
    expect(result).toEqual({ released: 1, heldAgain: 0, left: 0 })
    expect(broken).toEqual([{ id: 'b:0', rules: ['range(duration_secs)'] }])
    expect(await listQuarantine(writer)).toEqual([])
  })

  test('by a rule on all rows together stay until a column of the rule is corrected', async () => {
    const gate = qualityGate({ rules: [unique('step_name')], policy: 'quarantine' })
    await using writer = await holdRows([row('load'), row('load')], gate)
    expect(await releaseQuarantine(writer)).toEqual({ released: 0, heldAgain: 1, left: 0 })
    const other = (each: LogRowInput) => ({ ...each, duration_secs: 5 })
    expect(await releaseQuarantine(writer, { correct: other })).toEqual({ released: 0, heldAgain: 1, left: 0 })
    const rename = (each: LogRowInput) => ({ ...each, step_name: 'load again' })
    expect(await releaseQuarantine(writer, { correct: rename })).toEqual({ released: 1, heldAgain: 0, left: 0 })
  })
})
