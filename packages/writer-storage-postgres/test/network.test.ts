// @module-tag processes
import { type CutPoint, type CutProxy, cutProxy, type PostgresServer } from '@forge/fixtures/postgres'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, type ColumnDefinition, eq, type LogTable } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { afterEach, expect, test } from 'vitest'
import { dropAll } from './drop-all.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
]
const batch = (id: number) =>
  batchFromRows(
    COLUMNS,
    [1, 2].map((row) => ({ id, text: String(row) })),
  )
/** A write uses the network less often than this. */
const MAX_STEPS = 60

type Work<Result> = (table: LogTable) => Promise<Result>

describePostgres('a network that fails', (server) => {
  afterEach(() => dropAll(server))

  const withTable = async <Result>(port: number, work: Work<Result>) => {
    const storage = postgresStorage({ url: `postgres://postgres@127.0.0.1:${port}/postgres` })
    try {
      return await work(await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS }))
    } finally {
      await storage.close()
    }
  }
  const rowsOf = (id: number) =>
    withTable(server.port, async (table) => {
      const [row] = (await table.aggregate?.({ where: eq('id', id), measures: [{ fn: 'count', as: 'rows' }] })) ?? []
      return Number(row?.rows)
    })

  const WRITES: Readonly<Record<string, (table: LogTable, id: number) => Promise<unknown>>> = {
    append: (table, id) => table.append(batch(id), { batchId: `b${id}` }),
    merge: async (table, id) =>
      table.merge?.(batch(id), { keys: ['id', 'text'], whenMatched: 'update' }, { batchId: `b${id}` }),
  }

  for (const [name, write] of Object.entries(WRITES)) {
    test.each<CutPoint>(['request', 'answer'])(
      `that is cut at any %s of one ${name} leaves it whole or not done, and says which`,
      async (point) => {
        await prepare(server, withTable)
        await using proxy = await cutProxy(server.port)
        let steps = 0
        for (let id = 1; id <= MAX_STEPS; id++) {
          proxy.plan(id, point)
          const outcome = await outcomeOf(withTable(proxy.port, (table) => write(table, id)))
          expect(['yes', 'no'], `step ${id}`).toContain(outcome)
          expect(await rowsOf(id), `step ${id}`).toBe(outcome === 'yes' ? 2 : 0)
          await storedOnce(id, write, proxy)
          if (!proxy.hasCut) break
          steps = id
        }
        expect(steps).toBeGreaterThan(3)
        expect(steps).toBeLessThan(MAX_STEPS)
      },
    )
  }

  test('that stays away says that it is unknown whether a write was stored only if it may have been', async () => {
    await prepare(server, withTable)
    await using proxy = await cutProxy(server.port)
    const outcomes: unknown[] = []
    for (let id = 1; id <= MAX_STEPS; id++) {
      proxy.plan(id, 'answer', true)
      const outcome = await outcomeOf(withTable(proxy.port, (table) => table.append(batch(id), { batchId: `b${id}` })))
      outcomes.push(outcome)
      const rows = await rowsOf(id)
      if (outcome !== 'unknown') expect(rows, `step ${id}`).toBe(outcome === 'yes' ? 2 : 0)
      await storedOnce(id, WRITES.append, proxy)
      if (!proxy.hasCut) break
    }
    expect([outcomes.filter((outcome) => outcome === 'unknown').length, outcomes.at(-1)]).toEqual([1, 'yes'])
  })

  /** The same batch is stored once, whatever happened before. */
  async function storedOnce(id: number, write: (typeof WRITES)[string] | undefined, proxy: CutProxy): Promise<void> {
    const { hasCut } = proxy
    await withTable(server.port, async (table) => write?.(table, id))
    expect(await rowsOf(id), `step ${id}, again`).toBe(2)
    expect(proxy.hasCut).toBe(hasCut)
  }
})

/** Makes table and journal, so that each write takes the same steps. */
async function prepare(
  { port }: PostgresServer,
  withTable: (port: number, work: Work<unknown>) => Promise<unknown>,
): Promise<void> {
  await withTable(port, (table) => table.append(batch(0), { batchId: 'first' }))
}

/** Resolves with `yes`, or with what the error says about the commit. */
function outcomeOf(write: Promise<unknown>): Promise<unknown> {
  return write.then(
    () => 'yes',
    (error: { readonly committed?: string }) => error.committed,
  )
}
