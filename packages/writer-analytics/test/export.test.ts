import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { batchRows, eq, type LogRowInput, type Row } from '@forge/writer-core'
import { isoFromMicros } from '@forge/writer-core/storage'
import { DataType, tableFromIPC, type Vector } from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { readSheet } from 'read-excel-file/node'
import { expect, test } from 'vitest'
import { byteSink, takeBytes } from '../src/export/formats/byte-sink.ts'
import { instantAppender } from '../src/export/formats/number-bytes.ts'
import { type AnalyticsFormat, exportAnalyticsData } from '../src/index.ts'
import { type Log, now, onEveryStorage, openLog, STORAGES } from './logs.ts'

const EDGE = 9_223_372_036_854_775_807n
const TEXTS = [
  '',
  'NULL',
  '\\N',
  '\ufeffBOM',
  'nul\0l',
  'a"b,c\r\nd',
  ' blanks ',
  '=1+1',
  '-2',
  'übung 🔒 日本',
  'null',
  "'",
]

/** One row for each text that formats could confuse, with nulls and the edges of integers. */
const ROWS: readonly LogRowInput[] = TEXTS.map((text, at) => ({
  run_id: `run-${String(at).padStart(2, '0')}`,
  phase: at % 2 === 0 ? 'bronze' : 'gold',
  step_name: 'load',
  start_time: `2024-06-0${1 + (at % 9)}T10:00:00.123456Z`,
  duration_secs: at / 3,
  rows_processed: at === 0 ? EDGE : at,
  valid_rows: 0,
  invalid_rows: at === 1 ? 9_007_199_254_740_993n : 0,
  rows_written: at === 2 ? null : 2 ** 53 - 1 - at,
  error_message: at === 3 ? null : text,
  success: at % 3 !== 0,
  metadata: at === 4 ? null : { text, nested: [1, null] },
}))

async function readStored(log: Log): Promise<Row[]> {
  const found: Row[] = []
  for await (const batch of (await log.source.table()).scan({ orderBy: [{ column: 'run_id' }] })) {
    found.push(...batchRows(batch))
  }
  return found
}

const orderBy = [{ column: 'run_id' }]

onEveryStorage((open, storage) => {
  // PostgreSQL cannot store a NUL in text.
  const rows = storage === 'postgres' ? ROWS.filter((row) => !row.error_message?.includes('\0')) : ROWS
  test.each<AnalyticsFormat>(['json', 'ndjson', 'csv', 'parquet', 'arrow'])('%s reads back equal', async (format) => {
    await using log = await open()
    await log.write(rows)
    const path = join(log.directory, `out/logs.${format}`)
    const result = await exportAnalyticsData(log.source, { format, path, orderBy })
    const bytes = await readFile(path)
    expect(result).toMatchObject({
      exportSuccessful: true,
      recordsExported: rows.length,
      exportPath: path,
      exportSizeBytes: bytes.byteLength,
      exportSizeMb: bytes.byteLength / 1_048_576,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })
    expect((await stat(path)).mode & 0o077).toBe(0)
    expect(await readdir(join(log.directory, 'out'))).toEqual([`logs.${format}`])
    const expected = (await readStored(log)).map(textsOf)
    expect((await readBack(format, path)).map(textsOf)).toEqual(expected)
  })

  test('columns, filters and a limit are those asked for, the newest rows first', async () => {
    await using log = await open()
    await log.write([{ run_id: 'old', phase: 'bronze', step_name: 'a', created_at: '2024-01-01T00:00:00Z' }])
    await log.write([
      { run_id: 'new', phase: 'bronze', step_name: 'a', created_at: '2024-03-01T00:00:00Z' },
      { run_id: 'mid', phase: 'bronze', step_name: 'b', created_at: '2024-02-01T00:00:00Z', success: false },
      { run_id: 'gold', phase: 'gold', step_name: 'a', created_at: '2024-04-01T00:00:00Z', error_message: 'x' },
    ])
    let files = 0
    const exportRows = async (options: Parameters<typeof exportAnalyticsData>[1]) => {
      const path = join(log.directory, `${files++}.ndjson`)
      await exportAnalyticsData(log.source, { format: 'ndjson', columns: ['run_id'], path, ...options })
      const lines = (await readFile(path, 'utf8')).trim().split('\n')
      return lines.map((line) => (JSON.parse(line) as { run_id: string }).run_id)
    }
    expect(await exportRows({ limit: 2, filters: { phase: 'bronze' } })).toEqual(['new', 'mid'])
    expect(await exportRows({ limit: 9, filters: { phase: ['gold', 'bronze'], success: true } })).toEqual([
      'new',
      'old',
    ])
    expect(await exportRows({ filters: { error_message: ['x'] } })).toEqual(['gold'])
    expect(await exportRows({ limit: 5, filters: { error_message: null } })).toEqual(['new', 'mid', 'old'])
    expect(await exportRows({ filters: eq('step_name', 'b') })).toEqual(['mid'])
    expect(await exportRows({ filters: "phase = 'gold' or success = false", limit: 3 })).toEqual(['gold', 'mid'])
  })

  test('a file that is there stays, unless it is to be replaced', async () => {
    await using log = await open()
    await log.write(rows)
    for (const format of ['csv', 'parquet'] as const) {
      const path = join(log.directory, `mine.${format}`)
      await writeFile(path, 'mine')
      await expect(exportAnalyticsData(log.source, { format, path })).rejects.toMatchObject({ code: 'TABLE' })
      expect(await readFile(path, 'utf8')).toBe('mine')
      const result = await exportAnalyticsData(log.source, { format, path, overwrite: true })
      expect((await readFile(path)).byteLength).toBe(result.exportSizeBytes)
      await mkdir(join(log.directory, 'folder'), { recursive: true })
      const folder = exportAnalyticsData(log.source, { format, path: join(log.directory, 'folder'), overwrite: true })
      await expect(folder).rejects.toMatchObject({ code: 'TABLE' })
    }
    expect((await readdir(log.directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('nothing is left of an export that fails or is aborted', async () => {
    await using log = await open()
    await log.write(rows)
    const path = join(log.directory, 'out.json')
    const failing = exportAnalyticsData(log.source, {
      path,
      onProgress: () => {
        throw new Error('stop')
      },
    })
    await expect(failing).rejects.toThrow('stop')
    await expect(exportAnalyticsData(log.source, { path, signal: AbortSignal.abort() })).rejects.toThrow()
    expect((await readdir(log.directory)).filter((name) => name.includes('out.json'))).toEqual([])
  })

  test('a table that does not exist exports nothing, and wrong options are named', async () => {
    await using log = await open()
    const nothing = await exportAnalyticsData(log.source)
    expect(nothing).toMatchObject({ exportSuccessful: false, reason: 'the table does not exist', files: [] })
    await log.write(rows)
    const expectRefusal = (options: Parameters<typeof exportAnalyticsData>[1]) =>
      expect(exportAnalyticsData(log.source, { path: join(log.directory, 'x'), ...options })).rejects
    await expectRefusal({ format: 'xml' as 'csv' }).toMatchObject({ code: 'CONFIGURATION' })
    await expectRefusal({ format: 'toString' as 'csv' }).toMatchObject({ code: 'CONFIGURATION' })
    await expectRefusal({ columns: ['run_id', 'phase', 'run_id'] }).toMatchObject({ code: 'CONFIGURATION' })
    await expectRefusal({ limit: -1, columns: [] }).toMatchObject({ context: { problems: { length: 2 } } })
    await expectRefusal({ columns: ['colour'] }).toMatchObject({ code: 'SCHEMA' })
    await expectRefusal({ filters: { colour: 'red' } }).toMatchObject({ code: 'SCHEMA' })
    await expectRefusal({ filters: { success: 'yes' } }).toMatchObject({ code: 'SCHEMA' })
    await expectRefusal({ filters: 'drop table logs' }).toMatchObject({ code: 'CONFIGURATION' })
    await expectRefusal({ format: 'csv', compression: 'zstd' }).toMatchObject({ code: 'CONFIGURATION' })
    await expectRefusal({ format: 'json', neutralizeFormulas: true }).toMatchObject({ code: 'CONFIGURATION' })
  })

  test.each<AnalyticsFormat>(['csv', 'parquet'])(
    'a folder of %s that is a file is named as the cause',
    async (format) => {
      await using log = await open()
      await log.write(rows)
      const file = join(log.directory, 'file')
      await writeFile(file, '')
      const exporting = exportAnalyticsData(log.source, { format, path: join(file, 'rows') })
      await expect(exporting).rejects.toMatchObject({ code: 'TABLE', context: { folder: file } })
      await expect(
        exportAnalyticsData(log.source, { format, path: `${file}${'x'.repeat(300)}` }),
      ).rejects.toMatchObject({
        code: 'TABLE',
      })
    },
  )

  test('files are compressed as asked', async () => {
    await using log = await open()
    await log.write(rows)
    const path = join(log.directory, 'plain.ndjson')
    await exportAnalyticsData(log.source, { format: 'ndjson', path, orderBy })
    for (const compression of ['gzip', 'brotli'] as const) {
      const packed = `${path}.${compression}`
      await exportAnalyticsData(log.source, { format: 'ndjson', path: packed, compression, orderBy })
      const unpack = compression === 'gzip' ? gunzipSync : brotliDecompressSync
      expect(unpack(await readFile(packed))).toEqual(await readFile(path))
    }
    for (const compression of ['gzip', 'snappy', 'uncompressed'] as const) {
      const file = join(log.directory, `${compression}.parquet`)
      await exportAnalyticsData(log.source, { format: 'parquet', path: file, compression, columns: ['run_id'] })
      expect(await readBack('parquet', file)).toHaveLength(rows.length)
    }
  })

  test('a spreadsheet has text, numbers, booleans and empty cells', async () => {
    if (storage !== 'memory') return
    await using log = await open()
    await log.write(rows)
    const path = join(log.directory, 'logs.xlsx')
    const columns = ['run_id', 'rows_processed', 'rows_written', 'success', 'error_message']
    await exportAnalyticsData(log.source, { format: 'xlsx', path, columns, orderBy })
    const [header, first, , third, fourth] = await readSheet(path)
    expect(header).toEqual(columns)
    expect(first?.slice(0, 4)).toEqual(['run-00', String(EDGE), 2 ** 53 - 1, false])
    expect(third?.[2]).toBeNull()
    expect(fourth?.[4]).toBeNull()
  })

  test('text that a spreadsheet would run is neutralised on request', async () => {
    await using log = await open()
    await log.write(rows)
    const path = join(log.directory, 'safe.csv')
    const columns = ['error_message', 'rows_processed']
    await exportAnalyticsData(log.source, { format: 'csv', path, columns, neutralizeFormulas: true, orderBy })
    const text = await readFile(path, 'utf8')
    expect(text).toContain("\r\n'=1+1,7\r\n'-2,8\r\n")
  })
})

test('without a path there is a named file in ./exports', async () => {
  if (!STORAGES.memory) throw new Error('no memory storage')
  await using log = await openLog(STORAGES.memory)
  await log.write(ROWS)
  const home = process.cwd()
  process.chdir(log.directory)
  try {
    const result = await exportAnalyticsData(log.source, { now, format: 'csv', compression: 'gzip' })
    expect(result.exportPath).toMatch(/exports\/pipeline_logs_20240615T120000000Z\.csv\.gz$/)
  } finally {
    process.chdir(home)
  }
})

/** Reads a file with a reader that knows nothing of us. */
async function readBack(format: AnalyticsFormat, path: string): Promise<Readonly<Record<string, unknown>>[]> {
  switch (format) {
    case 'parquet': {
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`)
      return reader.getRowObjects()
    }
    case 'arrow': {
      const table = tableFromIPC(await readFile(path))
      return Array.from({ length: table.numRows }, (_, at) =>
        Object.fromEntries(table.schema.fields.map(({ name }) => [name, arrowValue(table.getChild(name), at)])),
      )
    }
    case 'csv': {
      const cast = (value: string, { quoting }: { readonly quoting: boolean }) =>
        value === '' && !quoting ? null : value
      return parse(await readFile(path), { columns: true, cast, record_delimiter: '\r\n' })
    }
    default: {
      const text = (await readFile(path, 'utf8')).replaceAll(/:(-?\d{16,})/g, ':"$1"')
      return format === 'json'
        ? JSON.parse(text)
        : text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
    }
  }
}

// Times as they are stored: the reader's own numbers are milliseconds.
function arrowValue(vector: Vector | null, at: number): unknown {
  const value = vector?.get(at)
  if (value === null || !vector || !DataType.isTimestamp(vector.type)) return value
  return { micros: vector.data[0]?.values[at] }
}

/** Values by their text, as files without types have them. */
function textsOf(row: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]))
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' && 'micros' in value ? isoFromMicros(value.micros as bigint) : String(value)
}

test('instants are written as core writes them', () => {
  const append = instantAppender()
  const sink = byteSink()
  const text = (micros: bigint) => {
    append(sink, Number(micros))
    return String(takeBytes(sink))
  }
  fc.assert(
    fc.property(fc.bigInt({ min: -9_007_199_254_740_991n, max: 9_007_199_254_740_991n }), (micros) => {
      expect(text(micros)).toBe(isoFromMicros(micros))
    }),
  )
  for (const micros of [0n, -1n, 86_399_999_999n, 86_400_000_000n, -86_400_000_001n]) {
    expect(text(micros)).toBe(isoFromMicros(micros))
  }
})
