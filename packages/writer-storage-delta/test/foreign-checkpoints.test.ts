import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checksumDeltaTable } from '../src/index.ts'
import { field, type HandMadeTable, handMadeTable } from './hand-made-table.ts'

let path = ''
let table: HandMadeTable

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'delta-'))
  table = handMadeTable(path)
})
afterEach(() => rm(path, { recursive: true, force: true }))

test('actions that a checkpoint leaves empty, not null, are not there', async () => {
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
