import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { defectPath } from '@forge/fixtures'
import { batchRows, createLogWriter, type LogWriter, memoryStorage } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findInputs, ingestConfig, ingestFile, type LeftOut } from '../src/index.ts'
import { readFileItems, rowsOf } from './read-items.ts'

let folder = ''
let writer: LogWriter
beforeEach(async () => {
  folder = newFolder()
  const config = { tableSchema: 'analytics', tableName: 'logs', ...ingestConfig }
  writer = await createLogWriter({ storage: memoryStorage(), config })
})
afterEach(async () => {
  await writer.close()
})

const defect = (...names: readonly string[]) => defectPath(...names)
const row = (name: string) => `{"run_id":"${name}","phase":"gold","step_name":"s"}\n`

async function readStored() {
  const rows = []
  for await (const batch of (await writer.table()).scan({ orderBy: [{ column: 'step_name' }] }))
    rows.push(...batchRows(batch))
  return rows
}

test('what is compressed is unpacked, whatever its name', async () => {
  for (const name of ['ROWS.NDJSON.GZ', 'cloudwatch.ndjson', 'plain.ndjson.gz']) {
    expect([name, rowsOf(await readFileItems(defect('gzip-by-content', name))).length]).toEqual([name, 2])
  }
  const members = Buffer.concat([gzipSync(row('a')), gzipSync(row('b'))])
  await writeFile(join(folder, 'members.ndjson'), members)
  expect(rowsOf(await readFileItems(join(folder, 'members.ndjson')))).toHaveLength(2)
  await writeFile(join(folder, 'twice.ndjson.gz'), gzipSync(members))
  expect(rowsOf(await readFileItems(join(folder, 'twice.ndjson.gz')))).toHaveLength(2)
  const report = await ingestFile(writer, '-', { stdin: Readable.from([members]), format: 'ndjson' })
  expect(report).toMatchObject({ written: 2, rejected: 0 })
})

test('compressed data that ends early is a typed error, and what was read before is recorded', async () => {
  const bytes = gzipSync(Array.from({ length: 5000 }, (_, at) => row(`r${at}-${Math.sin(at)}`)).join(''))
  await writeFile(join(folder, 'cut.ndjson.gz'), bytes.subarray(0, bytes.length - 20))
  await expect(ingestFile(writer, join(folder, 'cut.ndjson.gz'))).rejects.toMatchObject({
    name: 'IngestReadError',
    code: 'TABLE',
  })
})

test('folders of Spark: what is not committed is left out, and the names of folders are columns', async () => {
  const inputs = await findInputs([defect('parquet-hive-folder', 'runs')])
  expect(inputs).toHaveLength(3)
  for (const { path, name } of inputs)
    expect(await ingestFile(writer, path, { name })).toMatchObject({ written: 1, rejected: 0 })
  expect(
    (await readStored()).map(({ step_name, phase, metadata }) => [step_name, phase, JSON.parse(String(metadata))]),
  ).toEqual([
    ['clean', 'silver', { partition: { day: '2024-05-01' } }],
    ['load', 'bronze', { partition: { day: '2024-05-01' } }],
    ['mart', 'gold', { partition: { day: null } }],
  ])
})

test('what a row says itself wins over the names of folders, in every format of rows', async () => {
  const inside = join(folder, 'phase=silver', 'pipeline_id=a%20b')
  await mkdir(inside, { recursive: true })
  await writeFile(
    join(inside, 'a.ndjson'),
    '{"run_id":"1","step_name":"a"}\n{"run_id":"1","step_name":"b","phase":"gold"}\n',
  )
  await writeFile(join(inside, 'b.csv'), 'run_id,step_name\n1,c\n')
  for (const { path, name } of await findInputs([folder])) await ingestFile(writer, path, { name })
  expect((await readStored()).map(({ step_name, phase, pipeline_id }) => [step_name, phase, pipeline_id])).toEqual([
    ['a', 'silver', 'a b'],
    ['b', 'gold', 'a b'],
    ['c', 'silver', 'a b'],
  ])
})

test('links are followed, each file is read once, and what leads nowhere or in circles is reported', async () => {
  await mkdir(join(folder, 'd', '_old'), { recursive: true })
  await mkdir(join(folder, 'e', 'deep'), { recursive: true })
  await writeFile(join(folder, 'e', 'h.ndjson'), row('h'))
  await writeFile(join(folder, 'e', 'deep', 'i.ndjson'), row('i'))
  await writeFile(join(folder, 'd', '_tmp.ndjson'), row('t'))
  await writeFile(join(folder, 'd', '.hidden.ndjson'), row('t'))
  await writeFile(join(folder, 'd', '_old', 'o.ndjson'), row('o'))
  await symlink('../e/h.ndjson', join(folder, 'd', 'link.ndjson'))
  await symlink('../e', join(folder, 'd', 'linkdir'))
  await symlink('..', join(folder, 'e', 'deep', 'up'))
  await symlink('nowhere.ndjson', join(folder, 'd', 'dead.ndjson'))
  const leftOut: LeftOut[] = []
  const inputs = await findInputs(['d'], { cwd: folder, onLeftOut: (each) => void leftOut.push(each) })
  expect(inputs.map(({ name }) => name)).toEqual(['d/link.ndjson', 'd/linkdir/deep/i.ndjson'])
  expect(leftOut.map(({ name }) => name).sort()).toEqual(['d/dead.ndjson', 'd/linkdir/deep/up', 'd/linkdir/h.ndjson'])
})

test('Parquet: a time that means nothing is null or a reject of its own', async () => {
  const read = async (name: string) => {
    const items = await readFileItems(defect('parquet-wild-times', name))
    return items.map((item) => (item.kind === 'row' ? [item.row.run_id, item.row.start_time] : item.kind))
  }
  expect(await read('nat.parquet')).toMatchObject([
    ['r1', '2024-05-01T03:00:00.000000'],
    ['r2', null],
    ['r3', expect.any(String)],
  ])
  expect(await read('nat-ms.parquet')).toMatchObject([
    ['r1', '2024-05-01T03:00:00.000000'],
    ['r2', null],
    ['r3', expect.any(String)],
  ])
  expect(await read('nat-ns.parquet')).toMatchObject([
    ['r1', expect.any(String)],
    ['r2', null],
    ['r3', expect.any(String)],
  ])
  expect(await read('year-294246.parquet')).toMatchObject([
    ['r1', expect.any(String)],
    'reject',
    ['r3', expect.any(String)],
  ])
})

for (const compression of ['uncompressed', 'snappy', 'zstd', 'gzip', 'brotli', 'lz4_raw']) {
  test(`Parquet: times in milliseconds are read from every row group of a ${compression} file`, async () => {
    const path = join(folder, 'ms.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`copy (
      select 'r' || i as run_id, 'bronze' as phase, 's' as step_name,
        case when i % 7 = 3 then null else (timestamp '2024-05-01 03:00:00' + interval (i) minute)::timestamp_ms end as start_time
      from range(5000) r(i)
    ) to '${path}' (format parquet, row_group_size 2048, compression ${compression})`)
    instance.closeSync()
    const items = await readFileItems(path)
    expect(items).toHaveLength(5000)
    const wrong = items.filter((item, i) => {
      const time = new Date(Date.UTC(2024, 4, 1, 3, i)).toISOString().slice(0, -1)
      const expected = i % 7 === 3 ? null : `${time}000`
      return item.kind !== 'row' || item.row.run_id !== `r${i}` || item.row.start_time !== expected
    })
    expect(wrong).toEqual([])
  })
}

test('Parquet: bytes that are UTF-8 are text, others one reject; names ignore case', async () => {
  const path = join(folder, 'bytes.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `copy (select * from (values (encode('r1'), encode('grün')), (encode('r2'), '\\xFF'::blob)) t("RUN_ID", step_name)) to '${path}' (format parquet)`,
  )
  instance.closeSync()
  const items = await readFileItems(path)
  expect(rowsOf(items)).toEqual([{ run_id: 'r1', step_name: 'grün' }])
  expect(items[1]).toMatchObject({ kind: 'reject', position: { line: 2 } })
})

test('a name of ten thousand columns is a short message', async () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `column_${at}`)
  await writeFile(
    join(folder, 'wide.ndjson'),
    JSON.stringify({ run_id: 'a', ...Object.fromEntries(names.map((name) => [name, 1])) }),
  )
  const reasons: string[] = []
  await ingestFile(writer, join(folder, 'wide.ndjson'), {
    format: 'ndjson',
    onReject: ({ reason }) => void reasons.push(reason),
  })
  expect(reasons.map(({ length }) => length < 500)).toEqual([true])
  const twice = [...names, ...names]
  await writeFile(join(folder, 'twice.csv'), `${twice.join(',')}\n${twice.join(',')}\n`)
  const error: unknown = await ingestFile(writer, join(folder, 'twice.csv')).catch((each: unknown) => each)
  expect(error instanceof Error && error.message.length < 700).toBe(true)
})
