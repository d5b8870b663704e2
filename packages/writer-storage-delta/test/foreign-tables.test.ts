import { createHash } from 'node:crypto'
import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { checksumDeltaTable } from '../src/index.ts'
import { add, field, type HandMadeTable, handMadeTable, metaData, PLAIN, withFeatures } from './hand-made-table.ts'

let path = ''
let table: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  table = handMadeTable(join(path, 'table'))
})

/** Asserts that two tables hold the same rows. */
async function expectRows(select: string, fields: unknown[]) {
  const found = await checksumDeltaTable(table.path)
  table = handMadeTable(join(path, 'expected'))
  await table.file('a.parquet', select)
  await table.commit(0, { protocol: withFeatures() }, metaData(fields), add('a.parquet'))
  expect(found).toMatchObject({ checksum: (await checksumDeltaTable(table.path)).checksum })
}

test('a column of a file may have the current name of a partition column', async () => {
  const mappedField = (name: string, physicalName: string, id: number) =>
    field(name, 'string', { 'delta.columnMapping.physicalName': physicalName, 'delta.columnMapping.id': id })
  await table.file('a.parquet', `select 'value' as day`)
  await table.commit(
    0,
    { protocol: { minReaderVersion: 2, minWriterVersion: 5 } },
    metaData([mappedField('text', 'day', 1), mappedField('day', 'old', 2)], {
      partitionColumns: ['day'],
      // Spark takes the mode in any case.
      configuration: { 'delta.columnMapping.mode': 'NAME' },
    }),
    add('a.parquet', { partitionValues: { old: 'monday' } }),
  )
  await expectRows(`select 'value' as text, 'monday' as day`, [field('text', 'string'), field('day', 'string')])
})

test('an unknown column mapping mode is refused by name', async () => {
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id')], { configuration: { 'delta.columnMapping.mode': 'index' } }),
  )
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    context: { feature: 'columnMapping' },
  })
})

test('paths are decoded once, in every form of absolute path', async () => {
  const names = ['a%20b.parquet', 'a b.parquet', 'c%23[x]*?.parquet', 'd#.parquet', 'e.parquet']
  for (const [id, name] of names.entries()) await table.file(name, `select ${id}::integer as id`)
  const encoded = names.map((name) => encodeURI(join(table.path, name)).replaceAll('#', '%23').replaceAll('?', '%3F'))
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id')]),
    add(encodeURIComponent(names[0] ?? '')),
    add(`file:${encoded[1]}`),
    add(`file://${encoded[2]}`),
    add(`file://localhost${encoded[3]}`),
    add(encoded[4] ?? ''),
  )
  await expectRows('select unnest([0, 1, 2, 3, 4])::integer as id', [field('id')])
})

test('files in another file system are refused with its name', async () => {
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), add('dbfs:/data/a.parquet'))
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ context: { feature: 'dbfs: paths' } })
})

test('partition values may hold any character', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id'), field('text', 'string'), field('bytes', 'binary')], { partitionColumns: ['text', 'bytes'] }),
    add('a.parquet', { partitionValues: { text: "\ufeff'\0", bytes: '\0\u0001' } }),
  )
  await expectRows(`select 1::integer as id, chr(65279) || '''' || chr(0) as text, '\\x00\\x01'::blob as bytes`, [
    field('id'),
    field('text', 'string'),
    field('bytes', 'binary'),
  ])
})

test('a partition column that the schema lacks is an error, not null', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  const fields = [field('id'), field('Day', 'string')]
  const action = add('a.parquet', { partitionValues: { days: 'x' } })
  await table.commit(0, { protocol: PLAIN }, metaData(fields, { partitionColumns: ['days'] }), action)
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ code: 'TABLE', context: { missing: ['days'] } })
})

test('an empty deletion vector deletes no rows', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  const deletionVector = { storageType: 'i', pathOrInlineDv: '', sizeInBytes: 0, cardinality: 0 }
  await table.commit(
    0,
    { protocol: withFeatures('deletionVectors') },
    metaData([field('id')]),
    add('a.parquet', { deletionVector }),
  )
  await expectRows('select 1::integer as id', [field('id')])
})

test('a data file that a version has twice is an error: its deleted rows are unknown', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  const deletionVector = { storageType: 'i', pathOrInlineDv: '', sizeInBytes: 0, cardinality: 0 }
  await table.commit(
    0,
    { protocol: withFeatures('deletionVectors') },
    metaData([field('id')]),
    add('a.parquet'),
    add('a.parquet', { deletionVector }),
  )
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ code: 'TABLE' })
})

test('commits may be links to files in other folders', async () => {
  await table.file('a.parquet', 'select 1::integer as id')
  const file = await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), add('a.parquet'))
  await rename(file, join(path, 'commit'))
  await symlink(join(path, 'commit'), file)
  expect(await checksumDeltaTable(table.path)).toMatchObject({ rows: 1 })
})

test.each([
  [{ type: 'udt', class: 'c' }, 'udt'],
  ['interval', 'interval'],
  ['geometry(4326)', 'geometry'],
])('columns of type %j are refused, naming %s', async (type, feature) => {
  await table.commit(0, { protocol: PLAIN }, metaData([field('id', type)]))
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ code: 'UNSUPPORTED', context: { feature } })
})

test('a table with files in another format than Parquet is refused, and a damaged Parquet file is an error', async () => {
  const orc = { format: { provider: 'orc', options: {} } }
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')], orc))
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ context: { feature: 'format orc' } })
  await writeFile(join(table.path, 'a.parquet'), 'no')
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), add('a.parquet'))
  await expect(checksumDeltaTable(table.path)).rejects.toMatchObject({ code: 'TABLE' })
})

test('texts in nested values keep their first character', async () => {
  const struct = { type: 'struct', fields: [field('x', 'string')] }
  const map = { type: 'map', keyType: 'string', valueType: struct, valueContainsNull: true }
  const array = { type: 'array', elementType: map, containsNull: true }
  const checksum = async (mark: string) => {
    await table.file('a.parquet', `select [map {${mark} || 'k': {'x': ${mark} || 'v'}}, null] as a`)
    await table.commit(0, { protocol: PLAIN }, metaData([field('a', array)]), add('a.parquet'))
    return (await checksumDeltaTable(table.path)).checksum
  }
  expect(await checksum('chr(65279)')).not.toBe(await checksum(`''`))
})

test('times beyond the range of Date have a checksum', async () => {
  await table.file('a.parquet', `select '294246-12-31 00:00:00+00'::timestamptz as t, '5000000-01-01'::date as d`)
  const fields = [field('t', 'timestamp'), field('d', 'date')]
  await table.commit(0, { protocol: PLAIN }, metaData(fields), add('a.parquet'))
  const row = '{"t":"+294246-12-31T00:00:00.000000Z","d":"+5000000-01-01"}'
  expect((await checksumDeltaTable(table.path)).checksum).toBe(createHash('sha256').update(row).digest('hex'))
})

test('partition values may be numbers without quotes, years of five digits, or missing', async () => {
  const values = [{ day: '+10000-01-01', n: 7 }, { day: '2024-01-01', n: '8' }, {}, null]
  for (const id of values.keys()) await table.file(`${id}.parquet`, `select ${id}::integer as id`)
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id'), field('day', 'date'), field('n')], { partitionColumns: ['day', 'n'] }),
    ...values.map((partitionValues, id) => add(`${id}.parquet`, { partitionValues })),
  )
  await expectRows(
    `from (values (0::integer, '10000-01-01'::date, 7::integer), (1, '2024-01-01', 8), (2, null, null), (3, null, null)) as v(id, day, n)`,
    [field('id'), field('day', 'date'), field('n')],
  )
})

test('a column that is mapped by id is not read from a column of the same name', async () => {
  await table.file('a.parquet', 'select 1::integer as x, 2::integer as y', 'field_ids {x: 2, y: 1}')
  const mappedField = (name: string, physicalName: string, id: number) =>
    field(name, 'integer', { 'delta.columnMapping.physicalName': physicalName, 'delta.columnMapping.id': id })
  await table.commit(
    0,
    { protocol: { minReaderVersion: 2, minWriterVersion: 5 } },
    metaData([mappedField('one', 'y', 1), mappedField('two', 'z', 2), mappedField('three', 'x', 3)], {
      configuration: { 'delta.columnMapping.mode': 'id' },
    }),
    add('a.parquet'),
  )
  await expectRows('select 2::integer as one, 1::integer as two, null::integer as three', [
    field('one'),
    field('two'),
    field('three'),
  ])
})

test('elements with a single field, as older writers store them, stay structs', async () => {
  const list = (...fields: unknown[]) => ({
    type: 'array',
    elementType: { type: 'struct', fields },
    containsNull: true,
  })
  const map = { type: 'map', keyType: 'string', valueType: list(field('z', list(field('y', 'string')))) }
  const fields = [field('list', list(field('z'), field('new', 'string'))), field('map', map)]
  await mkdir(table.path)
  await cp(new URL('files/one-field-elements.parquet', import.meta.url), join(table.path, 'a.parquet'))
  await table.commit(0, { protocol: PLAIN }, metaData(fields), add('a.parquet'))
  await expectRows(
    `from (values
       ([{z: 1, new: null::varchar}, {z: 2, new: null}], map {'k': [{z: [{y: 'deep'}]}]}),
       ([{z: null, new: null}], null)) as v(list, map)`,
    fields,
  )
})

test.each([
  ['2.4.8', '1500-01-01', '2024-01-01', false],
  ['2.4.8', '2024-01-01', '0001-01-01', false],
  ['2.4.8', '1582-10-15', '1900-01-01', true],
  ['3.5.0', '0001-01-01', '0001-01-01', true],
])('days that Spark %s wrote, %s and %s, are read correctly or refused by name', async (version, day, time, isRead) => {
  const select = `select '${day}'::date as day, '${time}'::timestamptz as time`
  await table.file('a.parquet', select, `kv_metadata {"org.apache.spark.version": '${version}'}`)
  const fields = [field('day', 'date'), field('time', 'timestamp')]
  await table.commit(0, { protocol: PLAIN }, metaData(fields), add('a.parquet'))
  if (isRead) return expectRows(select, fields)
  const refused = { code: 'UNSUPPORTED', context: { feature: 'legacy calendar' } }
  return expect(checksumDeltaTable(table.path)).rejects.toMatchObject(refused)
})
