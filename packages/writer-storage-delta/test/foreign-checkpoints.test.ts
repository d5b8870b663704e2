import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { checksumDeltaTable } from '../src/index.ts'
import { loadSnapshot } from '../src/log/load-snapshot.ts'
import { localStore } from '../src/store/local-store.ts'
import { field, type HandMadeTable, handMadeTable } from './hand-made-table.ts'

let path = ''
let table: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  table = handMadeTable(path)
})

test('actions that a checkpoint leaves empty instead of null are ignored', async () => {
  const schema = JSON.stringify({ type: 'struct', fields: [field('id')] })
  const row = (...[protocol, schemaString, add]: (string | number)[]) => `
    select {minReaderVersion: ${protocol}::integer, minWriterVersion: 2, readerFeatures: null::varchar[]} as protocol,
      {id: 'x', format: {provider: 'parquet'}, schemaString: ${schemaString}, partitionColumns: []::varchar[]} as "metaData",
      {path: ${add}, size: 1, deletionVector: {storageType: null::varchar, cardinality: null::bigint}} as "add",
      {path: null::varchar, size: 1} as remove, {appId: null::varchar, version: 1} as txn`
  const rows = [row(1, 'null', 'null'), row('null', `'${schema}'`, 'null'), row('null', 'null', `'a.parquet'`)]
  await table.file('a.parquet', 'select unnest([1, 2])::integer as id')
  await table.file('_delta_log/00000000000000000003.checkpoint.parquet', rows.join(' union all '))
  expect(await checksumDeltaTable(table.path)).toMatchObject({ version: 3, rows: 2 })
})

test('a row of a checkpoint may hold several actions', async () => {
  const schema = JSON.stringify({ type: 'struct', fields: [field('id')] })
  await table.file('a.parquet', 'select unnest([1, 2])::integer as id')
  await table.file(
    '_delta_log/00000000000000000003.checkpoint.parquet',
    `select {minReaderVersion: 1, minWriterVersion: 2} as protocol,
       {id: 'x', format: {provider: 'parquet'}, schemaString: '${schema}', partitionColumns: []::varchar[]} as "metaData",
       {path: 'a.parquet', size: 1} as "add"`,
  )
  expect(await checksumDeltaTable(table.path)).toMatchObject({ version: 3, rows: 2 })
})

test.each([
  [`date '2024-01-01'`, `date '2024-01-02'`, true],
  [`date '-0001-01-01'`, `date '2024-01-01'`, false],
  [`date '2024-01-01'`, `date '10000-01-01'`, false],
  [`timestamptz '2024-01-01 00:00:00+00'`, `timestamptz '2024-01-01 00:00:00+00'`, false],
])('bounds from %s to %s in columns of a checkpoint become text that all readers know', async (min, max, isKept) => {
  const schema = JSON.stringify({ type: 'struct', fields: [field('day', min.split(' ')[0]?.replace('tz', ''))] })
  await table.file(
    '_delta_log/00000000000000000003.checkpoint.parquet',
    `select {minReaderVersion: 1, minWriterVersion: 2} as protocol, null as "metaData", null as "add"
     union all select null, {id: 'x', format: {provider: 'parquet'}, schemaString: '${schema}', partitionColumns: []::varchar[]}, null
     union all select null, null, {path: 'a', size: 1, stats_parsed: {numRecords: 2, minValues: {day: ${min}}, maxValues: {day: ${max}}}}`,
  )
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const snapshot = await loadSnapshot(localStore(path), session)
  const bounds = { minValues: { day: '2024-01-01' }, maxValues: { day: '2024-01-02' } }
  const [file] = [...(snapshot?.state().files.values() ?? [])]
  expect(JSON.parse(file?.stats ?? '')).toEqual({ numRecords: 2, ...(isKept && bounds) })
  session.close()
  engine.close()
})
