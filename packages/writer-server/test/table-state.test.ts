import { join } from 'node:path'
import { createLogWriter, type LogTable, type TableSource } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { stateReader } from '../src/live/table-state.ts'

const ROW = { pipeline_id: 'p', phase: 'gold', step_name: 's', success: true } as const

/** Returns `source` with `work` done between the facts of its tables and their last write. */
function interrupt(source: TableSource, work: () => Promise<void>): TableSource {
  return {
    ...source,
    storage: source.storage,
    config: source.config,
    logger: source.logger,
    companion: (...asked) => source.companion(...asked),
    async table(asked) {
      const table = await source.table(asked)
      return new Proxy<LogTable>(table, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown
          if (typeof member !== 'function') return member
          return async (...args: unknown[]) => {
            if (name === 'history') await work()
            return Reflect.apply(member, target, args) as unknown
          }
        },
      })
    },
  }
}

test('a write while the state is read does not mix two states', async () => {
  const storage = duckdbStorage({ path: join(newFolder(), 'logs.duckdb') })
  const writer = await createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'logs' } })
  await writer.writeLogRows([{ ...ROW, run_id: '0' }])
  let writes = 0
  const source = interrupt(writer, async () => {
    if (writes < 3) await writer.writeLogRows([{ ...ROW, run_id: `${++writes}` }])
  })
  const state = await stateReader({ source, readRunning: undefined })()
  expect([writes, state.rows]).toEqual([3, 4])
  expect(state).toEqual(await stateReader({ source: writer, readRunning: undefined })())
  await writer.close()
  await storage.close()
})
