import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const folder = newFolder()

test('NDJSON: a malformed line is refused by its number, the lines around it go in', async () => {
  const items = await readTextItems('{"run_id":"a"}\n{"run_id":\n\n[1]\n{"run_id":"b"}', 'x.ndjson')
  expect(rowsOf(items)).toEqual([{ run_id: 'a' }, { run_id: 'b' }])
  expect(items.filter((item) => item.kind === 'reject')).toMatchObject([
    { position: { line: 2 }, reason: expect.stringContaining('JSON'), record: '{"run_id":' },
    { position: { line: 4 }, reason: 'not a JSON object', record: '[1]' },
  ])
})

test('NDJSON: invalid UTF-8 affects only its own line', async () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"run_id":"b"}\n')])
  const items = await readTextItems(bytes, 'x.ndjson')
  expect(items).toMatchObject([
    { kind: 'reject', position: { line: 1 }, reason: 'not valid UTF-8' },
    { kind: 'row', row: { run_id: 'b' } },
  ])
})

test('a record of more than 16 MB is refused, what follows goes in', async () => {
  const long = `{"run_id":"${'x'.repeat(17 * 1024 * 1024)}"}`
  const items = await readTextItems(`${long}\n{"run_id":"b"}\n`, 'x.ndjson')
  expect(items.map((item) => item.kind)).toEqual(['reject', 'row'])
  expect(items[0]).toMatchObject({ reason: 'record is longer than 16 MB', position: { line: 1 } })
  const array = await readTextItems(`[${long},\n{"run_id":"b"}]`, 'x.json')
  expect(array.map((item) => item.kind)).toEqual(['reject', 'row'])
})

test('integers beyond 2^53 are not rounded', async () => {
  const [row] = rowsOf(await readTextItems('{"rows_processed":9007199254740993,"metadata":{"a":[1]}}', 'x.ndjson'))
  expect(row).toEqual({ rows_processed: 9007199254740993n, metadata: '{"a":[1]}' })
})

test('JSON: an array, an object with rows, and a single object are the same rows', async () => {
  const rows = [{ run_id: 'a', metadata: { text: '],[{"' } }, { run_id: 'b' }]
  expect(rowsOf(await readTextItems(JSON.stringify(rows, null, 2), 'x.json'))).toEqual(rows)
  expect(rowsOf(await readTextItems(JSON.stringify({ schemaVersion: 1, rows }), 'x.json'))).toEqual(rows)
  expect(rowsOf(await readTextItems(JSON.stringify(rows[0]), 'x.json'))).toEqual([rows[0]])
  expect(await readTextItems('[]', 'x.json')).toEqual([])
  expect(await readTextItems('{"rows": [ ]}', 'x.json')).toEqual([])
})

test('JSON: a malformed element is refused by its pointer and line', async () => {
  const items = await readTextItems('[\n{"run_id":"a"},\n{"run_id":nope},\n{"run_id":"b"}\n]', 'x.json')
  expect(rowsOf(items)).toEqual([{ run_id: 'a' }, { run_id: 'b' }])
  expect(items[1]).toMatchObject({ kind: 'reject', position: { pointer: '/1', line: 3 } })
})

test('CSV: types follow the columns, an empty cell is null, quoted empty text is text', async () => {
  const text = 'run_id,success,rows_processed,duration_secs,error_message,table_fqn\na,true,9007199254740993,1.5,"",\n'
  expect(rowsOf(await readTextItems(text, 'x.csv'))).toEqual([
    {
      run_id: 'a',
      success: true,
      rows_processed: 9007199254740993n,
      duration_secs: 1.5,
      error_message: '',
      table_fqn: null,
    },
  ])
})

test('CSV: records of a wrong length or type are refused by line, text over several lines is one cell', async () => {
  const text = 'run_id;rows_processed;error_message\na;1;"two\nlines"\nb;2\nc;many;x\nd;4;y\n'
  const items = await readTextItems(text, 'x.csv')
  expect(rowsOf(items).map((row) => row.run_id)).toEqual(['a', 'd'])
  const rejects = items.filter((item) => item.kind === 'reject')
  expect(rejects).toMatchObject([
    { position: { line: 4 }, record: expect.stringContaining('b;2') },
    { position: { line: 5 }, reason: 'rows_processed must be a whole number' },
  ])
})

test('CSV: the line of a record is counted as an editor does, also after breaks of two characters within quotes', async () => {
  const text = 'run_id,rows_processed,error_message\r\na,1,"two\r\nlines"\r\nb,many,"x\r\ny\r\nz"\r\nc,many,\r\nd\r\n'
  const rejects = (await readTextItems(text, 'x.csv')).filter((item) => item.kind === 'reject')
  expect(rejects.map(({ position }) => position.line).sort()).toEqual([4, 7, 8])
})

test('CSV: invalid UTF-8 affects only its own record', async () => {
  const items = await readTextItems(Buffer.from('run_id,step_name\na,caf\xe9\nb,x\n', 'latin1'), 'x.csv')
  expect(items).toMatchObject([
    { kind: 'reject', position: { line: 2 }, reason: 'not valid UTF-8', record: 'a,caf\ufffd\n' },
    { kind: 'row', row: { run_id: 'b' } },
  ])
})

test('CSV: a column that is named twice is an error of the file', async () => {
  await expect(readTextItems('run_id,phase,run_id\na,gold,b\n', 'x.csv')).rejects.toMatchObject({ code: 'CSV_HEADER' })
})

test('JSON: invalid UTF-8 affects only its own element, and U+FFFD in the file itself is text', async () => {
  const element = (bytes: Uint8Array) => Buffer.concat([Buffer.from('{"run_id":"'), bytes, Buffer.from('"}')])
  const parts = [Buffer.from([0xe4]), Buffer.from('\ufffd'), Buffer.from('ä€😀')].map(element)
  const bytes = Buffer.concat(
    parts.flatMap((part, at) => [Buffer.from(at === 0 ? '[' : ','), part]).concat(Buffer.from(']')),
  )
  const items = await readTextItems(bytes, 'x.json')
  expect(items[0]).toMatchObject({ kind: 'reject', position: { pointer: '/0' }, reason: 'not valid UTF-8' })
  expect(rowsOf(items).map((row) => row.run_id)).toEqual(['\ufffd', 'ä€😀'])
  expect(await readTextItems(parts[0] ?? '', 'x.json')).toMatchObject([{ kind: 'reject', reason: 'not valid UTF-8' }])
})

test('a pipeline and phases by name act on log rows too', async () => {
  const options = { pipeline: 'orders', phases: { 'fct_*': 'gold' } } as const
  const text =
    '{"run_id":"a","phase":"silver","step_name":"fct_x","pipeline_id":"p"}\n{"run_id":"a","phase":"silver","step_name":"y"}\n'
  const expected = [
    { phase: 'gold', pipeline_id: 'orders' },
    { phase: 'silver', pipeline_id: 'orders' },
  ]
  expect(rowsOf(await readTextItems(text, 'x.ndjson', options))).toMatchObject(expected)
  const csv = 'run_id,phase,step_name\na,silver,fct_x\na,silver,y\n'
  expect(rowsOf(await readTextItems(csv, 'x.csv', options))).toMatchObject(expected)
})

test('Parquet: times keep their microseconds, nested values become JSON', async () => {
  const path = join(folder, 'rows [1].parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `copy (select 'a' as run_id, 9007199254740993 as rows_processed, timestamptz '2024-01-01 10:00:00.000004+00' as start_time,
      timestamp '2024-01-01 10:00:00.5' as end_time, {'k': 1} as metadata, null::varchar as table_fqn, true as success,
      1.5::decimal(4,2) as duration_secs) to '${path}' (format parquet)`,
  )
  instance.closeSync()
  expect(rowsOf(await readFileItems(path))).toEqual([
    {
      run_id: 'a',
      rows_processed: 9007199254740993n,
      start_time: '2024-01-01T10:00:00.000004Z',
      end_time: '2024-01-01T10:00:00.500000',
      metadata: '{"k":1}',
      table_fqn: null,
      success: true,
      duration_secs: 1.5,
    },
  ])
})

test('Parquet: text is exact, U+FEFF at its beginning and NUL among it', async () => {
  const path = join(folder, 'exact.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `copy (select chr(65279) || 'a' as run_id, 'b' || chr(0) || 'c' as step_name, '' as error_message, null::varchar as table_fqn)
     to '${path}' (format parquet)`,
  )
  instance.closeSync()
  expect(rowsOf(await readFileItems(path))).toEqual([
    { run_id: '\ufeffa', step_name: 'b\u0000c', error_message: '', table_fqn: null },
  ])
})

test('Parquet: whole numbers of every width are numbers, exactly', async () => {
  const path = join(folder, 'wide.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `copy (select 5::ubigint as input_rows, 9007199254740993::ubigint as output_rows, 9007199254740993::decimal(38,0) as rows_written,
      7::decimal(10,0) as rows_processed, 3::utinyint as table_total_rows) to '${path}' (format parquet)`,
  )
  instance.closeSync()
  expect(rowsOf(await readFileItems(path))).toEqual([
    {
      input_rows: 5,
      output_rows: 9007199254740993n,
      rows_written: 9007199254740993n,
      rows_processed: 7,
      table_total_rows: 3,
    },
  ])
})

test('a damaged Parquet file is one typed error', async () => {
  const path = join(folder, 'damaged.parquet')
  await writeFile(path, 'PAR1 and nothing else')
  await expect(readFileItems(path)).rejects.toMatchObject({ code: 'TABLE' })
})

test('.gz is unpacked', async () => {
  const path = join(folder, 'rows.ndjson.gz')
  await writeFile(path, gzipSync('{"run_id":"a"}\n'))
  expect(rowsOf(await readFileItems(path))).toEqual([{ run_id: 'a' }])
})
