import { expect, test } from 'vitest'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterConcurrencyError } from '../errors/kinds.ts'
import { isWriterError } from '../errors/writer-error.ts'
import { HOOK_SETTINGS } from '../hooks/hook-settings.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import type { LogRowInput } from '../log/row.ts'
import type { LogTable } from '../storage/log-table.ts'
import { createLogWriter } from '../writer/create-log-writer.ts'
import { seededRandom } from './seeded-random.ts'
import { changeableSettings, randomSettings, SETTINGS_CALLS, type SettingsCall, tellingRows } from './settings-calls.ts'
import { type Bench, REF, read } from './storage-under-test.ts'

const SEEDS = 4
const GAPS_PER_SEED = 2
const GAPS = ['the call', 'its rows', 'beforeWrite', 'an event', 'afterWrite'] as const
type Gap = (typeof GAPS)[number]

const TABLE = { tableSchema: REF.schema, tableName: REF.name }

/** Tests that calls of a writer keep their settings from start to end, whatever is configured meanwhile. */
export function testSettings(bench: Bench): void {
  test.for(
    Object.keys(SETTINGS_CALLS).flatMap((name) =>
      Array.from({ length: SEEDS }, (_none, seed) => [name, seed] as const),
    ),
  )('%s keeps the settings of its start (seed %i)', async ([name, seed]) => {
    const random = seededRandom(seed)
    const call = SETTINGS_CALLS[name]
    if (!call) throw new RangeError(name)
    const names = changeableSettings(await bench.storage())
    const start = { ...randomSettings(random, names), retryDelaySecs: 0 }
    const changes = randomSettings(random, names)
    const rows = tellingRows(random)
    const expected = await outcomeOf(bench, { call, rows, start })
    for (let at = 0; at < GAPS_PER_SEED; at++) {
      const gap = random.pick(GAPS)
      const outcome = await outcomeOf(bench, { call, rows, start, changes, gap })
      expect(outcome, JSON.stringify({ gap, start, changes, rows })).toEqual(expected)
    }
  })

  test.for(GAPS)('an append stays an append if overwrite is configured in %s', async (gap) => {
    const storage = await bench.storage()
    bench.needs(await storage.openTable(REF), 'overwrite')
    const state = await outcomeOf(bench, {
      call: SETTINGS_CALLS.writeLogRows ?? fail,
      rows: [logRow('one'), logRow('two')],
      start: { retryDelaySecs: 0 },
      changes: { writeMode: 'overwrite' },
      gap,
    })
    expect(state.rows).toHaveLength(4)
  })

  test('a large streamed append stays an append if overwrite is configured', async () => {
    const writer = await createLogWriter({ storage: await bench.storage(), config: TABLE })
    await writer.writeLogRows([logRow('first')])
    const rows = Array.from({ length: 40_000 }, (_none, at) => logRow(`s${at}`))
    const writing = writer.writeLogRows(rows)
    writer.configure({ writeMode: 'overwrite', schemaValidationMode: 'lenient' })
    await writing
    expect((await writer.getTableInfo()).rowCount).toBe(40_001)
  })

  test('a stream shows its settings', async () => {
    const writer = await createLogWriter({ storage: await bench.storage(), config: { ...TABLE, batchSize: 5 } })
    const before = writer.stream()
    writer.configure({ batchSize: 7 })
    const after = writer.stream()
    expect([before.config.batchSize, after.config.batchSize, writer.config.batchSize]).toEqual([5, 7, 7])
    await before.close()
    await after.close()
  })
}

const fail: SettingsCall = () => Promise.reject(new RangeError('no such call'))

function logRow(step_name: string): LogRowInput {
  return { run_id: 'r', phase: 'gold', step_name }
}

interface Case {
  readonly call: SettingsCall
  readonly rows: readonly LogRowInput[]
  readonly start: Partial<WriterConfig>
  readonly changes?: Partial<WriterConfig> | undefined
  /** The point at which the settings are changed, once. Default: never. */
  readonly gap?: Gap | undefined
}

/** Runs a call on a table with two rows, on a storage that fails the first two attempts of each of its writes. */
async function outcomeOf(bench: Bench, { call, rows, start, changes = {}, gap }: Case) {
  const storage = await bench.storage()
  const seeding = await createLogWriter({ storage: { ...storage, close: async () => {} }, config: TABLE })
  await seeding.writeLogRows([logRow('s0'), logRow('s1')], { runId: 'r0' })
  let isStarted = false
  const change = (now: Gap) => {
    if (gap !== now || !isStarted) return
    isStarted = false
    writer.configure(changes)
  }
  const seen: unknown[] = []
  const writer = await createLogWriter({
    storage: { ...storage, openTable: async (ref, options) => refusingTable(await storage.openTable(ref, options)) },
    config: { ...TABLE, ...start },
    hooks: [watching(seen, change)],
  })
  const { config } = writer
  isStarted = true
  const running = call(writer, rows, () => change('its rows'))
  change('the call')
  const result = await running.then(plain, (error: unknown) => {
    if (isWriterError(error)) return { code: error.code, committed: error.committed }
    throw error
  })
  const others = seen.filter((each) => each !== config)
  const table = await storage.openTable(REF)
  return {
    result,
    events: others,
    rows: (await read(table)).map(withoutTimes).sort(),
    versions: (await table.info()).version,
  }
}

function plain(result: unknown): unknown {
  const times = ['durationSecs', 'created_at', 'updated_at']
  return JSON.parse(JSON.stringify(result, (key, value) => (times.includes(key) ? undefined : value)) ?? 'null')
}

function withoutTimes(row: Readonly<Record<string, unknown>>): string {
  const { created_at: _created, updated_at: _updated, ...rest } = row
  return JSON.stringify(rest, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
}

/** Records the settings that hooks see, and what events report. */
function watching(seen: unknown[], change: (gap: Gap) => void): WriteHook {
  return {
    name: 'watching',
    provides: Object.values(HOOK_SETTINGS).flat(),
    beforeWrite(_batch, { config }) {
      seen.push(config)
      change('beforeWrite')
      return undefined
    },
    afterWrite(_commit, _batch, { config }) {
      seen.push(config)
      change('afterWrite')
      return undefined
    },
    onEvent(event, { config }) {
      seen.push(config)
      if (event.type !== 'optimized') seen.push([event.type, event.type === 'retry' && event.delayMs])
      change('an event')
    },
  }
}

function refusingTable(table: LogTable): LogTable {
  const refused = new Map<string, number>()
  const refusing = <Arguments extends readonly [...unknown[]], Result>(
    write: ((...args: Arguments) => Promise<Result>) | undefined,
  ) => {
    if (!write) return undefined
    return async (...args: Arguments) => {
      const key = JSON.stringify(args.slice(1))
      const times = (refused.get(key) ?? 0) + 1
      refused.set(key, times)
      if (times <= 2) throw new WriterConcurrencyError('not yet', { committed: 'no', transient: true })
      return write(...args)
    }
  }
  const { append, overwrite, merge } = table
  return {
    ...table,
    append: refusing(append) ?? append,
    ...(overwrite && { overwrite: refusing(overwrite) ?? overwrite }),
    ...(merge && { merge: refusing(merge) ?? merge }),
  }
}
