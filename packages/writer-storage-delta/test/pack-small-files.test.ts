// @module-tag many-calls
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, createLogWriter, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import { beforeEach, expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'day', type: 'string', nullable: true },
]
const ref = { schema: 's', name: 't' }
let path = ''

beforeEach(() => {
  path = newFolder()
})

interface Setup {
  readonly packSmallFiles?: boolean | 'byDefault' | undefined
  readonly partitionColumns?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
}

async function withTable<Result>(
  { properties, ...options }: Setup,
  work: (table: DeltaTable) => Promise<Result>,
): Promise<Result> {
  const storage = deltaStorage({
    path,
    threads: 1,
    ...(properties === undefined ? {} : { tableProperties: properties }),
  })
  try {
    return await work(await storage.openTable(ref, { columns: COLUMNS, packSmallFiles: 'byDefault', ...options }))
  } finally {
    await storage.close()
  }
}

async function append(table: DeltaTable, from: number, to: number): Promise<void> {
  for (let id = from; id < to; id++)
    await table.append(batchFromRows(COLUMNS, [{ id, day: `d${id % 2}` }]), { batchId: `b${id}` })
}

async function idsOf(reader: TableReader): Promise<number[]> {
  const ids: number[] = []
  for await (const batch of reader.scan()) for (const row of batchRows(batch)) ids.push(Number(row.id))
  return ids.sort((a, b) => a - b)
}

const upTo = (count: number) => Array.from({ length: count }, (_none, id) => id)

interface FoundAction {
  readonly dataChange: boolean
  readonly stats?: string
}

/** Returns the file actions of the commits that packed, by version. */
async function packings(): Promise<FoundAction[][]> {
  const log = join(path, 's/t/_delta_log')
  const found: FoundAction[][] = []
  for (const name of (await readdir(log)).filter((each) => /^\d{20}\.json$/.test(each)).sort()) {
    const actions = (await readFile(join(log, name), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    if (actions[0].commitInfo.operation !== 'OPTIMIZE') continue
    expect(actions[0].commitInfo.operationParameters.auto).toBe('true')
    found.push(actions.flatMap(({ add, remove }) => add ?? remove ?? []))
  }
  return found
}

test('small files are packed as they gather, and every row stays exactly once', async () => {
  await withTable({}, (table) => append(table, 0, 250))
  await withTable({}, async (table) => {
    expect((await table.info()).files).toBeLessThan(60)
    expect(await idsOf(table)).toEqual(upTo(250))
    expect(await table.findBatch('b7')).toMatchObject({ rowsInserted: 1 })
    const { versions } = await table.history()
    expect(versions.map(({ version }) => version)).toEqual(upTo(versions.length).reverse())
    const packed = versions.filter(({ operation }) => operation === 'optimize')
    expect(packed.length).toBeGreaterThan(1)
    for (const { rowsAdded, rowsRemoved } of packed) expect([rowsAdded, rowsRemoved]).toEqual([0, 0])
    expect(await idsOf(await table.at(10))).toEqual(upTo(11))
    const before = versions.find(({ operation }) => operation === 'optimize')
    expect(await idsOf(await table.at((before?.version ?? 0) - 1))).toHaveLength(before?.rowCount ?? 0)
  })
  for (const actions of await packings()) expect(actions.every(({ dataChange }) => !dataChange)).toBe(true)
})

test('a row is moved only a few times, however many commits follow', async () => {
  await withTable({}, (table) => append(table, 0, 400))
  const added = (await packings()).flatMap((actions) => actions.filter(({ stats }) => stats !== undefined))
  const moved = added.reduce((sum, { stats }) => sum + JSON.parse(stats ?? '{}').numRecords, 0)
  // Sixteen files become one, eight of these become one of the next generation, and so on.
  expect(moved).toBeLessThanOrEqual(400 * Math.ceil(1 + Math.log(400 / 16) / Math.log(8)))
  await withTable({}, async (table) => {
    expect((await table.info()).files).toBeLessThan(40)
    expect(await idsOf(table)).toEqual(upTo(400))
  })
})

test('processes that write once each take part', async () => {
  for (const id of upTo(45)) await withTable({}, (table) => append(table, id, id + 1))
  const files = await withTable({}, async (table) => (await table.info()).files)
  expect(files).toBeLessThan(35)
})

test('files of each partition are packed separately', async () => {
  await withTable({ partitionColumns: ['day'] }, (table) => append(table, 0, 90))
  await withTable({}, async (table) => {
    expect((await table.info()).files).toBeLessThan(60)
    expect(await idsOf(table)).toEqual(upTo(90))
  })
})

const property = (value: string) => ({ 'delta.autoOptimize.autoCompact': value })
for (const [name, setup, isPacked] of [
  ['a writer that asks for no packing', { packSmallFiles: false }, false],
  ['a table that asks for none', { properties: property('false') }, false],
  [
    'a writer that asks for none, of a table that asks for it',
    { packSmallFiles: false, properties: property('true') },
    false,
  ],
  [
    'a writer that asks for it, of a table that asks for none',
    { packSmallFiles: true, properties: property('false') },
    true,
  ],
  ['a table that asks for it', { properties: property('auto') }, true],
  ['a storage whose caller says nothing', { packSmallFiles: undefined }, false],
  [
    'a storage whose caller says nothing, of a table that asks for it',
    { packSmallFiles: undefined, properties: property('true') },
    true,
  ],
] as const) {
  test(`${name} ${isPacked ? 'packs' : 'does not pack'} small files`, async () => {
    await withTable(setup, (table) => append(table, 0, 45))
    const files = await withTable({ packSmallFiles: false }, async (table) => (await table.info()).files)
    if (isPacked) expect(files).toBeLessThan(35)
    else expect(files).toBe(45)
  })
}

test('packing keeps an order that was asked for, and a second packing finds the remaining files', async () => {
  await withTable({ packSmallFiles: false }, async (table) => {
    await append(table, 0, 30)
    await table.optimize({ clusterColumns: ['id'] })
  })
  await withTable({}, (table) => append(table, 30, 75))
  await withTable({}, async (table) => {
    const { versions } = await table.history({ limit: 200 })
    expect(versions.filter(({ operation }) => operation === 'optimize').length).toBeGreaterThan(1)
    expect(await idsOf(table)).toEqual(upTo(75))
    await table.optimize()
    expect(await idsOf(table)).toEqual(upTo(75))
    expect((await table.info()).files).toBe(1)
  })
})

test('a vacuum during packing deletes none of its files', async () => {
  await withTable({}, async (table) => {
    for (const round of upTo(6)) {
      await append(table, round * 20, round * 20 + 20)
      const rest = append(table, 1000 + round, 1001 + round)
      await table.vacuum({ retentionHours: 0, allowShortRetention: true })
      await rest
      expect(await idsOf(table)).toHaveLength((round + 1) * 21)
    }
  })
  await withTable({}, async (table) => expect(await idsOf(table)).toHaveLength(126))
})

test('a writer packs by default, and does not if its settings turn it off', async () => {
  for (const [name, settings] of Object.entries({ kept: { enableOptimization: false }, packed: {} })) {
    const writer = await createLogWriter({
      storage: deltaStorage({ path, threads: 1 }),
      config: { tableSchema: 's', tableName: name, ...settings },
    })
    for (const id of upTo(45)) {
      await writer.writeLogRows([{ run_id: `r${id}`, pipeline_id: 'p', phase: 'bronze' as const }])
    }
    await writer.close()
    const storage = deltaStorage({ path })
    const { files, rowCount } = await (await storage.openTable({ schema: 's', name })).info()
    await storage.close()
    expect(rowCount).toBe(45)
    if (name === 'kept') expect(files).toBe(45)
    else expect(files).toBeLessThan(35)
  }
})
