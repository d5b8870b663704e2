import { copyFile, readdir, readFile, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, type DoctorReport } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine, type Session } from '@forge/writer-storage-duckdb/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { examineTable } from '../src/doctor/doctor.ts'
import { examineFiles } from '../src/doctor/file-checks.ts'
import { examineLog } from '../src/doctor/log-checks.ts'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'
import { loadSnapshot } from '../src/log/load-snapshot.ts'
import { localStore } from '../src/store/local-store.ts'
import type { ObjectStore } from '../src/store/object-store.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const LOST_COMMIT = '_delta_log/00000000000000000001.json'
const CHECKPOINT = '_delta_log/00000000000000000002.checkpoint.parquet'
let path = ''
let storage: DeltaStorage
let table: DeltaTable

/** Three commits with a file each, and a checkpoint of the last. */
beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
  table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  for (const id of [0, 1, 2]) await table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: `b${id}` })
  await table.checkpoint()
})
afterEach(async () => {
  await storage.close()
})

const at = (name: string) => join(path, 's/t', name)

/** Returns the report of another storage on the same tables. */
async function examine(what: 'doctor' | 'repair' = 'doctor'): Promise<DoctorReport> {
  const other = deltaStorage({ path })
  const report = await other[what]?.()
  await other.close()
  if (report === undefined) throw new Error('the storage has no doctor')
  return report
}

async function withSession(work: (session: Session) => Promise<void>): Promise<void> {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  try {
    await work(session)
  } finally {
    session.close()
    engine.close()
  }
}

const findingsOf = ({ checks }: DoctorReport) =>
  checks.filter(({ status }) => status !== 'ok').map(({ name, status }) => `${name}: ${status}`)

async function ids(): Promise<unknown[]> {
  const other = deltaStorage({ path })
  const reader = await other.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  const rows: unknown[] = []
  for await (const batch of reader.scan({ orderBy: [{ column: 'id' }] })) {
    for (const row of batchRows(batch)) rows.push(row.id)
  }
  await other.close()
  return rows
}

async function dataFiles(): Promise<string[]> {
  return (await readdir(at(''))).filter((name) => name.endsWith('.parquet')).sort()
}

/** The data file of one of the commits. */
async function fileOf(version: number): Promise<string> {
  const log = await readFile(at(`_delta_log/${String(version).padStart(20, '0')}.json`), 'utf8')
  const add = log.split('\n').find((line) => line.startsWith('{"add"'))
  return JSON.parse(add ?? '').add.path
}

test('a whole table is healthy', async () => {
  const report = await examine()
  expect([report.healthy, findingsOf(report)]).toEqual([true, []])
  expect(report.checks.map(({ name }) => name)).toEqual(
    ['log', 'checkpoints', 'files', 'rows', 'leftovers'].map((name) => `s.t ${name}`),
  )
})

test('a missing file is a problem, and repair removes it from the newest version', async () => {
  await unlink(at(await fileOf(1)))
  expect(findingsOf(await examine())).toEqual(['s.t files: problem'])
  const report = await examine('repair')
  expect([report.healthy, findingsOf(report)]).toEqual([true, ['s.t lost files: repaired']])
  expect(report.checks.at(-1)?.detail).toContain('1 file with 1 row')
  expect(await ids()).toEqual([0, 2])
  const { versions } = await table.history({ limit: 1 })
  expect(versions).toMatchObject([{ version: 3, operation: 'repair', rowsRemoved: 1 }])
})

test.each([
  ['cut short', (file: string) => truncate(file, 100)],
  ['of other bytes', async (file: string) => writeFile(file, Buffer.alloc((await stat(file)).size))],
])('a file that is %s is a problem, and repair removes it from the table', async (_what, damage) => {
  await damage(at(await fileOf(0)))
  expect(findingsOf(await examine())).toEqual(['s.t files: problem'])
  expect((await examine('repair')).healthy).toBe(true)
  expect(await ids()).toEqual([1, 2])
})

test('a file with more rows than the log says is a warning', async () => {
  const other = await storage.openTable({ schema: 's', name: 'u' }, { columns: COLUMNS })
  const first = await fileOf(0)
  await other.append(batchFromRows(COLUMNS, [{ id: 1 }, { id: 2 }]), { batchId: 'a' })
  const [twoRows = ''] = (await readdir(join(path, 's/u'))).filter((name) => name.endsWith('.parquet'))
  await copyFile(join(path, 's/u', twoRows), at(first))
  const { size } = await stat(at(first))
  const log = at('_delta_log/00000000000000000003.json')
  const add = { path: first, partitionValues: {}, size, modificationTime: 0, dataChange: false }
  await writeFile(log, `${JSON.stringify({ add: { ...add, stats: '{"numRecords":1}' } })}\n`)
  expect(findingsOf(await examine())).toEqual(['s.t rows: warning'])
})

test('a checkpoint that cannot be read is a warning, and repair writes one and keeps a copy', async () => {
  await writeFile(at(CHECKPOINT), 'no Parquet')
  expect(findingsOf(await examine())).toEqual(['s.t checkpoints: warning'])
  const report = await examine('repair')
  expect([report.healthy, findingsOf(report)]).toEqual([true, ['s.t checkpoint: repaired']])
  const log = await readdir(at('_delta_log'))
  expect(log.filter((name) => name.includes('before-repair'))).toHaveLength(1)
  expect(log).toContain(CHECKPOINT.slice('_delta_log/'.length))
  expect(await ids()).toEqual([0, 1, 2])
})

test('a hint that names a missing checkpoint is a warning, and repair corrects it', async () => {
  await writeFile(at('_delta_log/_last_checkpoint'), '{"version":77,"size":1}')
  expect(findingsOf(await examine())).toEqual(['s.t checkpoints: warning'])
  expect((await examine('repair')).healthy).toBe(true)
  expect((await examine()).healthy).toBe(true)
})

test('a missing commit before a checkpoint is a warning; without a checkpoint the log cannot be read, and repair changes nothing', async () => {
  await unlink(at(LOST_COMMIT))
  const report = await examine()
  expect(findingsOf(report)).toEqual(['s.t log: warning'])
  expect(report.checks[0]?.detail).toContain('commit 1')
  await unlink(at(CHECKPOINT))
  await unlink(at('_delta_log/_last_checkpoint'))
  expect(findingsOf(await examine())).toEqual(['s.t log: problem'])
  const before = await readdir(at('_delta_log'))
  expect(findingsOf(await examine('repair'))).toEqual(['s.t log: problem'])
  expect(await readdir(at('_delta_log'))).toEqual(before)
})

test('a checkpoint that is written meanwhile does not count as damage', async () => {
  const store = localStore(at(''))
  await withSession(async (session) => {
    const listPaths = async (prefix: string) => {
      const found = await store.listPaths(prefix)
      await table.append(batchFromRows(COLUMNS, [{ id: 3 }]), { batchId: 'meanwhile' })
      await table.checkpoint()
      return found
    }
    const { checks, hasWrongHint } = await examineLog({ ...store, listPaths }, session)
    expect([hasWrongHint, checks.map(({ status }) => status)]).toEqual([false, ['ok', 'ok']])
  })
})

test('a file that was being written before its version was read does not count as damage', async () => {
  const store = localStore(at(''))
  let isLogRead = false
  const beside: ObjectStore = {
    ...store,
    async listPaths(prefix) {
      isLogRead = true
      return store.listPaths(prefix)
    },
    list: async (prefix) => (await store.list(prefix)).map((info) => (isLogRead ? info : { ...info, sizeBytes: 0 })),
  }
  await withSession(async (session) => {
    const { checks } = await examineTable({
      store: beside,
      settings: { now: () => new Date() },
      withSession: (_doing, work) => work(session),
    })
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  })
})

test.each(['IO Error: Cannot open file: Permission denied', 'Out of Memory Error: no room'])(
  'an error of the machine does not count as a lost file: %s',
  async (message) => {
    const store = localStore(at(''))
    await withSession(async (session) => {
      const snapshot = await loadSnapshot(store, session)
      if (snapshot === undefined) throw new Error('the table is there')
      const failing = { ...session, rows: () => Promise.reject(new Error(message)) }
      await expect(examineFiles(store, failing, snapshot, await store.list(''))).rejects.toThrow(message)
    })
  },
)

test('old leftovers of a killed process are a warning, and repair removes them', async () => {
  const left = at(`_delta_log/.${crypto.randomUUID()}.tmp`)
  await writeFile(left, 'half')
  expect(findingsOf(await examine())).toEqual([])
  await utimes(left, 0, 0)
  expect(findingsOf(await examine())).toEqual(['s.t leftovers: warning'])
  expect(findingsOf(await examine('repair'))).toEqual(['s.t leftovers: repaired'])
  expect(findingsOf(await examine())).toEqual([])
})

test('repair removes no rows from an append-only table', async () => {
  const other = deltaStorage({ path, tableProperties: { 'delta.appendOnly': 'true' } })
  const kept = await other.openTable({ schema: 's', name: 'kept' }, { columns: COLUMNS })
  await kept.append(batchFromRows(COLUMNS, [{ id: 1 }]), { batchId: 'a' })
  await other.close()
  const [file = ''] = (await readdir(join(path, 's/kept'))).filter((name) => name.endsWith('.parquet'))
  await unlink(join(path, 's/kept', file))
  expect(findingsOf(await examine('repair'))).toEqual(['s.kept files: problem', 's.kept lost files: problem'])
})

test('many small files are a warning, not damage', async () => {
  for (let id = 3; id < 105; id++) await table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: `b${id}` })
  const report = await examine()
  expect(report.healthy).toBe(true)
  expect(report.checks.find(({ name }) => name === 's.t layout')?.suggestion).toContain('optimize()')
  expect(await dataFiles()).toHaveLength(105)
})
