import { defectPath } from '@forge/fixtures'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromText } from '../src/rows/from-text.ts'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const defect = (...names: readonly string[]) => readFileItems(defectPath(...names))
const kinds = async (text: string | Uint8Array, name = 'x.csv') =>
  (await readTextItems(text, name)).map(({ kind }) => kind)

test('Spark escapes quotes with backslashes: text is what was written', async () => {
  const items = await defect('csv-spark-backslash', 'spark.csv')
  expect(items).toHaveLength(3)
  expect(rowsOf(items).map(({ run_id, error_message }) => [run_id, error_message])).toEqual([
    ['r1', 'a "b" c'],
    ['r2', 'ends with a backslash \\'],
    ['r3', null],
  ])
})

test('a backslash of a file that doubles its quotes is text', async () => {
  const [row] = rowsOf(await readTextItems('run_id,phase,error_message\na,gold,"C:\\\\x\\"\n', 'x.csv'))
  expect(row?.error_message).toBe('C:\\\\x\\')
})

test('records are counted, not the quotes in them', async () => {
  const quotes = await defect('csv-pieces-counted', 'quotein.csv')
  expect(rowsOf(quotes).map(({ step_name, error_message }) => [step_name, error_message])).toEqual([
    ['5" pipe', 'say "hi"'],
    ['t', null],
  ])
  expect(quotes).toHaveLength(2)
  const blanks = await defect('csv-pieces-counted', 'spacequote.csv')
  expect(rowsOf(blanks).map((row) => [row.pipeline_id, row.step_name, row.duration_secs, row.success])).toEqual([
    ['p', 's, t', 1.5, true],
    ['p', 't', 1, true],
  ])
})

test('a column without a name is left out with one warning, an empty cell at the end of a header without a loss', async () => {
  const items = await defect('pandas-defaults', 'to_csv.csv')
  expect(rowsOf(items)).toEqual([{ run_id: 'r1', phase: 'bronze', step_name: 'load' }])
  expect(items.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
  const trailing = await readTextItems('sep=;\nrun_id;phase;step_name;\nr1;gold;a;\nr2;gold;b;\n', 'x.csv')
  expect(rowsOf(trailing)).toEqual([
    { run_id: 'r1', phase: 'gold', step_name: 'a' },
    { run_id: 'r2', phase: 'gold', step_name: 'b' },
  ])
  expect(await kinds('Unnamed: 0,run_id,phase\n0,r1,gold\n')).toEqual(['warning', 'row'])
  expect(await kinds(',\n1,2\n')).toEqual(['warning', 'row'])
})

test('line ends may be mixed, and lines are counted by any of them', async () => {
  const text = 'run_id,phase,step_name\r\na,gold,"x\ry"\nb,gold\rc,gold,z\r\n\r\nd,gold,w'
  const items = await readTextItems(text, 'x.csv')
  expect(rowsOf(items).map(({ run_id, step_name }) => [run_id, step_name])).toEqual([
    ['a', 'x\ry'],
    ['c', 'z'],
    ['d', 'w'],
  ])
  expect(items.filter(({ kind }) => kind === 'reject')).toMatchObject([{ position: { line: 4 } }])
})

test('titles before the header and the sep= line are not records', async () => {
  const expected = [{ run_id: 'a', phase: 'gold', step_name: 'x,y' }]
  expect(
    rowsOf(await readTextItems('Runs of May\n"as of, today"\n\nrun_id;phase;step_name\na;gold;x,y\n', 'x.csv')),
  ).toEqual(expected)
  expect(rowsOf(await readTextItems('sep=|\nrun_id|phase|step_name\na|gold|x,y\n', 'x.csv'))).toEqual(expected)
  expect(rowsOf(await readTextItems('\ufeffrun_id\tphase\tstep_name\na\tgold\tx,y\n', 'export.txt'))).toEqual(expected)
})

test('names of columns are those of the log whatever their case', async () => {
  const [row] = rowsOf(await readTextItems('RUN_ID,Phase,"Step Name",duration-secs\na,gold,x,1\n', 'x.csv'))
  expect(row).toEqual({ run_id: 'a', phase: 'gold', step_name: 'x', duration_secs: 1 })
  await expect(readTextItems('run_id,phase,run_id\na,gold,b\n', 'x.csv')).rejects.toThrow(RangeError)
})

test('the spellings of databases are values', async () => {
  const header = 'run_id,phase,success,rows_processed,duration_secs,start_time,table_fqn'
  const text = `${header}\na,gold,t,1e+05,NULL,2024-05-01 10:00:00 UTC,NULL\nb,gold,F,NaN,1e-3,2024-05-01 10:00:00 +0000 UTC,\\N\n`
  expect(rowsOf(await readTextItems(text, 'x.csv'))).toMatchObject([
    { success: true, rows_processed: 100_000, duration_secs: null, table_fqn: 'NULL' },
    { success: false, rows_processed: null, duration_secs: 0.001, table_fqn: null },
  ])
  expect([fromText('boolean', 'no'), fromText('boolean', 'maybe'), fromText('int64', '1.5')]).toEqual([
    false,
    undefined,
    undefined,
  ])
})

test('a quote that never ends spoils its own line alone', async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => `r${at},gold,step${at},${at}\n`).join('')
  const items = await readTextItems(`run_id,phase,step_name,rows_processed\nr,gold,"oops,1\n${rows}`, 'x.csv')
  expect(items.filter(({ kind }) => kind === 'reject')).toMatchObject([{ position: { line: 2 } }])
  expect(rowsOf(items)).toHaveLength(20_000)
  const twice = 'run_id,phase,step_name\na,gold,"oops\nb,gold,"x"\nc,gold,"y\n'
  expect((await readTextItems(twice, 'x.csv')).map(({ kind }) => kind)).toEqual(['reject', 'row', 'reject'])
})

test('whatever cells hold, CSV gives them back, in any cut of the bytes and with any line ends', async () => {
  const cell = fc.oneof(fc.constantFrom('', '"', ',', '\n', '\r\n', ' ', 'a"b', 'ä', '😀'), fc.string({ maxLength: 8 }))
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.integer({ min: 1, max: 7 }),
      async (rows, end, size) => {
        // A lone backslash before a quote would look like the other dialect.
        fc.pre(!rows.flat().some((text) => /\\|, *"/.test(text) || !text.isWellFormed()))
        const bytes = Buffer.from(
          ['step_name,error_message', ...rows.map((row) => row.map(quote).join(','))].join(end) + end,
        )
        const items = await readTextItems(bytes, 'x.csv', {}, size)
        expect(rowsOf(items).map((row) => [row.step_name, row.error_message])).toEqual(rows)
      },
    ),
    { numRuns: 200 },
  )
})

test('objects side by side are records of their own', async () => {
  expect(rowsOf(await defect('ndjson-concatenated', 'two-a-line.ndjson')).map((row) => row.run_id)).toEqual([
    'r1',
    'r2',
    'r3',
  ])
  expect(rowsOf(await defect('ndjson-concatenated', 'pretty.json')).map((row) => row.run_id)).toEqual(['r1', 'r2'])
  const row = (id: string) => JSON.stringify({ run_id: id, phase: 'gold', error_message: '}{' })
  for (const name of ['x.json', 'x.ndjson']) {
    for (const between of ['', ' ', '\n', '\n\n', ...(name === 'x.json' ? [',', ',\n'] : [])]) {
      expect([
        name,
        between,
        rowsOf(await readTextItems([row('a'), row('b'), row('c')].join(between), name)).map((each) => each.run_id),
      ]).toEqual([name, between, ['a', 'b', 'c']])
    }
  }
  const pretty = [1, 2]
    .map((id) => JSON.stringify({ run_id: `r${id}`, phase: 'gold', metadata: { a: [1, { b: 2 }] } }, null, 2))
    .join('\n')
  expect(rowsOf(await readTextItems(pretty, 'x.ndjson')).map((each) => each.run_id)).toEqual(['r1', 'r2'])
})

test('what is nested too deep is one reject, and the rows around it go in', async () => {
  const items = await defect('ndjson-deep-nesting', 'rows.ndjson')
  expect(items.map(({ kind }) => kind)).toEqual(['row', 'reject', 'row'])
  const deep = `{"run_id":"a","metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  expect(await kinds(`[${deep},{"run_id":"b"}]`, 'x.json')).toEqual(['reject', 'row'])
})

test('half a surrogate pair in metadata becomes U+FFFD', async () => {
  expect(rowsOf(await defect('surrogate-in-metadata', 's-metaval.ndjson'))[0]?.metadata).toEqual({ k: 'v\ufffd' })
  expect(rowsOf(await defect('surrogate-in-metadata', 's-metakey.ndjson'))[0]?.metadata).toEqual({ 'k\ufffd': 1 })
  const [row] = rowsOf(await readTextItems('{"run_id":"\\ud83d\\ude00","metadata":{"k":"\\\\ud800"}}', 'x.ndjson'))
  expect(row).toEqual({ run_id: '😀', metadata: { k: '\\ud800' } })
})

test('digits of metadata are kept alike whatever else a row holds', async () => {
  const digits = '0.1234567890123456789012'
  const read = async (more: string) => {
    const [row] = rowsOf(
      await readTextItems(`{"run_id":"a","metadata":{"x":${digits},"y":1.0,"z":1e400}${more}}`, 'x.ndjson'),
    )
    return row?.metadata
  }
  expect(await read('')).toBe(`{"x":${digits},"y":1,"z":1e400}`)
  expect(await read(',"rows_processed":9007199254740993')).toBe(await read(''))
  const [plain] = rowsOf(await readTextItems('{"run_id":"a","metadata":{"y":1.0,"d":0.1}}', 'x.ndjson'))
  expect(plain?.metadata).toEqual({ y: 1, d: 0.1 })
  const [wide] = rowsOf(
    await readTextItems('{"run_id":"a","rows_processed":9007199254740993,"metadata":{"y":1.0,"d":0.1}}', 'x.ndjson'),
  )
  expect(wide?.metadata).toBe('{"y":1,"d":0.1}')
})
