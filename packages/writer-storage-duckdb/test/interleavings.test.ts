import { type LogTable, parsePredicate, type TableVersion } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allRows, freshPath, manyRows } from './log-rows.ts'

const TABLES = ['logs', 'verdicts'] as const

/** A step of a caller: what it does, with which of the tables and storages, and how many turns of the event loop it lets pass before. */
interface Step {
  readonly does: 'append' | 'delete' | 'overwrite' | 'info' | 'history' | 'scan' | 'findBatch' | 'aggregate'
  readonly table: (typeof TABLES)[number]
  readonly storage: number
  readonly turns: number
}

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom('append', 'append', 'delete', 'overwrite', 'info', 'history', 'scan', 'findBatch', 'aggregate'),
  table: fc.constantFrom(...TABLES),
  storage: fc.nat(1),
  turns: fc.nat(6),
})
type Commit = { readonly version: number; readonly rowCount: number }

/** Runs the rounds of callers, each round after the file was let go of; resolves with what reads saw and with the tables at the end. */
async function run(rounds: readonly (readonly (readonly Step[])[])[]) {
  const path = freshPath()
  const seen = TABLES.map((): Commit[] => [])
  let batches = 0
  for (const callers of rounds) {
    const storages = [duckdbStorage({ path }), duckdbStorage({ path })]
    const open = async (index: number, name: string) => {
      const table = await storages[index]?.openTable({ schema: 'analytics', name })
      if (!table) throw new Error('no such storage')
      return table
    }
    const play = async (steps: readonly Step[]) => {
      for (const { does, table: name, storage, turns } of steps) {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        const table = await open(storage, name)
        if (does === 'info') {
          const { version, rowCount, exists } = await table.info()
          if (exists) seen[TABLES.indexOf(name)]?.push({ version, rowCount })
        } else await perform(table, does, `batch-${batches++}`)
      }
    }
    await Promise.all(callers.map(play))
    for (const storage of storages) await storage.close()
  }
  const storage = duckdbStorage({ path })
  const ends = await Promise.all(
    TABLES.map(async (name) => {
      const table = await storage.openTable({ schema: 'analytics', name })
      const { versions } = await table.history()
      return {
        versions: [...versions].reverse() as readonly TableVersion[],
        rows: (await allRows(table)).length,
        info: await table.info(),
      }
    }),
  )
  await storage.close()
  return { seen, ends }
}

async function perform(table: LogTable, does: Step['does'], batchId: string): Promise<unknown> {
  switch (does) {
    case 'append':
      return table.append(manyRows(2, batchId), { batchId })
    case 'overwrite':
      return table.overwrite?.(manyRows(1, batchId), { batchId })
    case 'delete':
      return table.delete?.(parsePredicate("step_name like '%-0'"), { batchId })
    case 'history':
      return table.history?.()
    case 'scan':
      return allRows(table)
    case 'findBatch':
      return table.findBatch('batch-0')
    default:
      return table.aggregate({ measures: [{ as: 'rows', fn: 'count' }] })
  }
}

test('versions are unique and dense, and reads see whole commits, whatever is read next to writes', {
  tags: 'endurance',
}, async () => {
  const callers = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(fc.array(callers, { minLength: 1, maxLength: 3 }), async (rounds) => {
      const { seen, ends } = await run(rounds)
      for (const [at, { versions, rows, info }] of ends.entries()) {
        expect(versions.map(({ version }) => version)).toEqual(versions.map((_each, index) => index))
        let count = 0
        for (const { rowsAdded, rowsRemoved, rowCount } of versions) {
          count += rowsAdded - rowsRemoved
          expect(rowCount).toBe(count)
        }
        expect(rows).toBe(count)
        expect(info).toMatchObject({ rowCount: count, version: versions.length - 1 })
        for (const { version, rowCount } of seen[at] ?? []) expect(rowCount).toBe(versions[version]?.rowCount)
      }
    }),
    { numRuns: 60 },
  )
})

test('a table that another program dropped goes on with the next version', async () => {
  const path = freshPath()
  const ref = { schema: 'analytics', name: 'logs' }
  const write = async (batchId: string) => {
    const storage = duckdbStorage({ path })
    const result = await (await storage.openTable(ref)).append(manyRows(2, batchId), { batchId })
    await storage.close()
    return result.version
  }
  expect([await write('a'), await write('b')]).toEqual([0, 1])
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('drop table analytics.logs')
  connection.closeSync()
  instance.closeSync()
  const storage = duckdbStorage({ path })
  expect(await (await storage.openTable(ref)).info()).toMatchObject({ exists: false, version: -1, rowCount: 0 })
  await storage.close()
  expect(await write('c')).toBe(2)
  const again = duckdbStorage({ path })
  const { versions } = await (await again.openTable(ref)).history()
  expect(versions.map(({ version, rowCount }) => [version, rowCount])).toEqual([
    [2, 2],
    [1, 4],
    [0, 2],
  ])
  await again.close()
})
