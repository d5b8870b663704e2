import { access, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchRows } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checksumDeltaTable, type DeltaStorage, deltaStorage } from '../src/index.ts'
import {
  add,
  field,
  type HandMadeTable,
  handMadeTable,
  metaData,
  PLAIN,
  remove,
  withFeatures,
} from './hand-made-table.ts'

const ref = { schema: 's', name: 't' }
const batch = { batchId: 'a' }
let path = ''
let table: HandMadeTable
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  table = handMadeTable(join(path, 's/t'))
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

const isThere = (name: string) =>
  access(join(table.path, name)).then(
    () => true,
    () => false,
  )
const vector = (file: string) => ({
  deletionVector: {
    storageType: 'p',
    pathOrInlineDv: join(table.path, file),
    offset: 1,
    sizeInBytes: 1,
    cardinality: 1,
  },
})

test('a version whose deletion vectors are gone is not restored', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  await table.commit(
    0,
    { protocol: withFeatures('deletionVectors') },
    metaData([field('id')]),
    add('a.parquet', vector('gone.bin')),
  )
  await table.commit(1, remove('a.parquet', vector('gone.bin')), add('a.parquet'))
  const opened = await storage.openTable(ref)
  await expect(opened.restore(0, batch)).rejects.toMatchObject({ code: 'TABLE', context: { missing: 1 } })
  expect(await opened.info()).toMatchObject({ version: 1, rowCount: 1 })
})

test('a version that needs what the protocol no longer names is not restored', async () => {
  await table.commit(0, { protocol: withFeatures('deletionVectors') }, metaData([field('id')]))
  await table.commit(1, { protocol: PLAIN })
  const opened = await storage.openTable(ref)
  await expect(opened.restore(0, batch)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    committed: 'no',
    context: { feature: 'deletionVectors' },
  })
})

test('a version before columns were renamed is not restored: their ids are in use', async () => {
  const configuration = { 'delta.columnMapping.mode': 'name' }
  const metadataWith = (name: string) => metaData([field(name)], { configuration })
  await table.commit(0, { protocol: { minReaderVersion: 2, minWriterVersion: 5 } }, metadataWith('a'))
  await table.commit(1, metadataWith('b'))
  const opened = await storage.openTable(ref)
  await expect(opened.restore(0, batch)).rejects.toMatchObject({ context: { feature: 'columnMapping' } })
})

test('restoring a version from before in-commit timestamps does not turn them off', async () => {
  const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }
  const configuration = {
    'delta.enableInCommitTimestamps': 'true',
    'delta.inCommitTimestampEnablementVersion': '1',
    'delta.inCommitTimestampEnablementTimestamp': '1000',
  }
  const stamp = (inCommitTimestamp: number) => ({ commitInfo: { inCommitTimestamp, operation: 'X' } })
  await table.commit(0, { protocol }, metaData([field('id')], { configuration: { 'my.key': 'old' } }))
  await table.commit(1, stamp(1000), metaData([field('id')], { configuration }))
  const opened = await storage.openTable(ref)
  await opened.restore(0, batch)
  // The file of the first commit is newer than the timestamps inside the other commits, as after a copy.
  const [restored, enabled] = (await opened.history()).versions
  expect(enabled?.timestamp).toBe(new Date(1000).toISOString())
  expect(Date.parse(restored?.timestamp ?? '')).toBeGreaterThan(1000)
  await table.commit(3, stamp(Date.parse(restored?.timestamp ?? '') + 1))
  expect((await (await opened.at(new Date(1500))).info()).version).toBe(1)
})

test('in-commit timestamps keep rising after the clock went back, in the first line of a commit', async () => {
  const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }
  const configuration = { 'delta.enableInCommitTimestamps': 'true' }
  const inCommitTimestamp = Date.parse('2100-01-01T00:00:00Z')
  await table.commit(0, { commitInfo: { inCommitTimestamp } }, { protocol }, metaData([field('id')], { configuration }))
  const opened = await storage.openTable(ref)
  await opened.evolve({ add: [{ name: 'x', type: 'int64', nullable: true }] })
  await opened.evolve({ add: [{ name: 'y', type: 'int64', nullable: true }] })
  const stamps = [1, 2].map(async (version) => {
    const file = join(table.path, `_delta_log/${String(version).padStart(20, '0')}.json`)
    const [first = ''] = (await readFile(file, 'utf8')).split('\n')
    return JSON.parse(first).commitInfo.inCommitTimestamp
  })
  expect(await Promise.all(stamps)).toEqual([inCommitTimestamp + 1, inCommitTimestamp + 2])
})

test('a new column leaves the rest of the metadata unchanged', async () => {
  const kept = { comment: 'what it is', 'delta.unknown': { deep: [1] } }
  const more = { name: 'mine', description: 'd', configuration: { 'my.key': '1' }, createdTime: 5, futureKey: { a: 1 } }
  const nested = {
    type: 'array',
    elementType: { type: 'struct', fields: [field('z', 'decimal(38,18)', kept)] },
    containsNull: false,
  }
  await table.commit(0, { protocol: PLAIN }, metaData([field('id', 'integer', kept), field('n', nested)], more))
  await (await storage.openTable(ref)).evolve({ add: [{ name: 'x', type: 'string', nullable: false }] })
  const lines = (await readFile(join(table.path, `_delta_log/${'1'.padStart(20, '0')}.json`), 'utf8'))
    .trim()
    .split('\n')
  const { schemaString, ...rest } = lines.map((line) => JSON.parse(line).metaData).find(Boolean)
  const { schemaString: before, ...expected } = metaData(
    [field('id', 'integer', kept), field('n', nested)],
    more,
  ).metaData
  expect(rest).toEqual(expected)
  const { fields } = JSON.parse(schemaString)
  expect(fields.slice(0, 2)).toEqual(JSON.parse(before).fields)
  expect(fields[2]).toMatchObject({ name: 'x', nullable: true })
})

test('vacuum identifies files by the target of links', async () => {
  await mkdir(join(path, 'linked'))
  await table.file('a.parquet', 'select 1::integer as id')
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), add(`file://${join(table.path, 'a.parquet')}`))
  await utimes(join(table.path, 'a.parquet'), 1, 1)
  await symlink(table.path, join(path, 'linked/t'))
  const opened = await storage.openTable({ schema: 'linked', name: 't' })
  expect(await opened.vacuum()).toMatchObject({ filesRemoved: 0 })
  expect(await isThere('a.parquet')).toBe(true)
})

test('vacuum deletes the deletion vectors that no version needs, and keeps the others', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  for (const name of ['old.bin', 'live.bin']) {
    await writeFile(join(table.path, name), '')
    await utimes(join(table.path, name), 1, 1)
  }
  await table.commit(0, { protocol: withFeatures('deletionVectors') }, metaData([field('id')]))
  await table.commit(1, add('a.parquet', vector('old.bin')))
  await table.commit(2, remove('a.parquet', vector('old.bin')), add('a.parquet', vector('live.bin')))
  await (await storage.openTable(ref)).vacuum()
  expect([await isThere('a.parquet'), await isThere('live.bin'), await isThere('old.bin')]).toEqual([true, true, false])
})

test('a retention that cannot be parsed keeps everything', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  const configuration = { 'delta.deletedFileRetentionDuration': 'interval 1 year' }
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')], { configuration }), add('a.parquet'))
  await table.commit(1, remove('a.parquet'))
  expect(await (await storage.openTable(ref)).vacuum()).toMatchObject({ filesRemoved: 0 })
  expect(await isThere('a.parquet')).toBe(true)
})

test('rows with binary partitions are refused: the log holds text', async () => {
  await table.commit(0, { protocol: PLAIN }, metaData([field('id'), field('p', 'binary')], { partitionColumns: ['p'] }))
  await expect((await storage.openTable(ref)).delete({ op: 'true' }, batch)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    context: { column: 'p' },
  })
})

test('bounds of floats skip no row after the column was widened to doubles', async () => {
  await table.file('a.parquet', 'select 0.1::float as x')
  const stats = JSON.stringify({ numRecords: 1, minValues: { x: 0.1 }, maxValues: { x: 0.1 }, nullCount: { x: 0 } })
  const changes = { 'delta.typeChanges': [{ fromType: 'float', toType: 'double' }] }
  await table.commit(
    0,
    { protocol: withFeatures('typeWidening') },
    metaData([field('x', 'double', changes)]),
    add('a.parquet', { stats }),
  )
  const opened = await storage.openTable(ref)
  const where = {
    op: 'compare',
    operator: '=',
    left: { kind: 'column', name: 'x' },
    right: { kind: 'literal', value: Math.fround(0.1) },
  } as const
  const found: unknown[] = []
  for await (const rows of opened.scan({ where })) found.push(...batchRows(rows))
  expect(found).toEqual([{ x: Math.fround(0.1) }])
})

test('the history of a log without its start begins at the first readable version', async () => {
  const opened = await storage.openTable(ref)
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]))
  for (const version of [1, 2, 3, 4]) {
    await table.commit(version, add(`${version}.parquet`, { stats: '{"numRecords":1}' }))
    if (version === 3) await opened.checkpoint()
  }
  for (const version of [0, 1]) await rm(join(table.path, `_delta_log/${String(version).padStart(20, '0')}.json`))
  const again = deltaStorage({ path })
  const { versions } = await (await again.openTable(ref)).history()
  expect(versions.map(({ version, rowCount }) => [version, rowCount])).toEqual([
    [4, 4],
    [3, 3],
  ])
  await again.close()
})

test('partition values keep their meaning when files are rewritten', async () => {
  const values = [
    { day: '-0001-02-03', at: '-12000-01-01T00:00:00.5Z', text: '__HIVE_DEFAULT_PARTITION__' },
    { day: '0000-12-31', at: '+10000-01-01 00:00:00', text: '' },
    { day: '+10000-01-01', at: '2024-01-01 10:00:00.123456', text: 'a' },
  ]
  for (const id of values.keys()) await table.file(`${id}.parquet`, `select ${id}::integer as id`)
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id'), field('day', 'date'), field('at', 'timestamp'), field('text', 'string')], {
      partitionColumns: ['day', 'at', 'text'],
    }),
    ...values.map((partitionValues, id) => add(`${id}.parquet`, { partitionValues })),
  )
  const before = await checksumDeltaTable(table.path)
  const opened = await storage.openTable(ref)
  await opened.optimize({ clusterColumns: ['id'] })
  const { version, ...after } = await checksumDeltaTable(table.path)
  expect({ ...after, version: 0 }).toEqual(before)
  const log = join(table.path, '_delta_log')
  const commits = [1, 2, 3].map((each) => readFile(join(log, `${String(each).padStart(20, '0')}.json`), 'utf8'))
  const actions = (await Promise.all(commits)).flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  expect(actions.flatMap((action) => action.add?.partitionValues ?? [])).toEqual([
    { day: '-0001-02-03', at: '-12000-01-01T00:00:00.500000Z', text: '__HIVE_DEFAULT_PARTITION__' },
    { day: '0000-12-31', at: '+10000-01-01T00:00:00.000000Z', text: null },
    { day: '+10000-01-01', at: '2024-01-01T10:00:00.123456Z', text: 'a' },
  ])
})
