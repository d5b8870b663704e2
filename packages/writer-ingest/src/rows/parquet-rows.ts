import { isoFromMicros, MAX_MICROS, MIN_MICROS, WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import { shownNames } from '../mapping/shown-names.ts'
import { logNames } from './column-names.ts'

type Engine = typeof import('@duckdb/node-api')

/** A row, or why it is none: a value of it means nothing. `fields` are those that can be read. */
export interface ParquetRow {
  readonly fields: Record<string, unknown>
  readonly problem?: string
}

/** Rows of a Parquet file in bounded memory; times as ISO text with microseconds, without a zone when the file has none. */
export async function* readParquetRows(path: string): AsyncGenerator<ParquetRow> {
  const { DuckDBInstance } = await loadEngine()
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  try {
    const connection = await instance.connect()
    // In the engine's eyes a path is a glob.
    const source = path.replaceAll(/[*?[]/g, '[$&]')
    const described = await connection.runAndReadAll(`describe select * from ${READ}`, [source])
    const schema = described.getRowObjectsJS()
    const names = logNames(schema.map((row) => String(row.column_name)))
    const columns = schema.map((row, at) => ({
      ...toColumn(String(row.column_name), String(row.column_type)),
      name: names[at] ?? String(row.column_name),
    }))
    const list = columns.map((column) => column.sql).join(', ')
    const result = await connection.stream(`select ${list} from ${READ}`, [source])
    for await (const rows of result.yieldRowsJs()) {
      for (const values of rows) {
        yield toRow(columns, values)
      }
    }
    // A stream that meets an error just ends; only the type of its result shows it: DUCKDB_RESULT_TYPE_INVALID.
    if (Number(result.returnType) === 0) throw new Error('the engine stopped before the last row')
  } catch (error) {
    throw new WriterTableError('the file cannot be read as Parquet', { context: { file: path }, cause: error })
  } finally {
    instance.closeSync()
  }
}

/** What stands in the names of folders is added for all formats alike. */
const READ = 'read_parquet($1, hive_partitioning = false)'

function toRow(columns: readonly ParquetColumn[], values: readonly unknown[]): ParquetRow {
  const fields: Record<string, unknown> = {}
  const unread: string[] = []
  for (const [at, { name, read }] of columns.entries()) {
    const value = values[at] === null ? null : read(values[at])
    if (value === undefined) unread.push(name)
    // A column may be called as what every object has.
    else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return unread.length === 0
    ? { fields }
    : { fields, problem: `${shownNames(unread)} cannot be read: out of range, or not UTF-8` }
}

async function loadEngine(): Promise<Engine> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    throw new WriterUnsupportedError('Parquet needs the package @duckdb/node-api', {
      suggestions: ['npm install @duckdb/node-api'],
      cause: error,
    })
  }
}

interface ParquetColumn {
  readonly name: string
  readonly sql: string
  /** Undefined for a value that means nothing. */
  read(value: unknown): unknown
}

/** Types that JavaScript holds are taken as they are; the others are turned into text or numbers by the engine. */
function toColumn(name: string, type: string): ParquetColumn {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const same = (value: unknown) => value
  if (type === 'TIMESTAMP WITH TIME ZONE') return { name, sql: `epoch_us(${quoted})`, read: timeOf }
  if (type === 'TIMESTAMP_NS') {
    return { name, sql: `epoch_ns(${quoted})`, read: (value) => withoutZone(timeOf(value, 1000n)) }
  }
  if (type.startsWith('TIMESTAMP')) {
    return { name, sql: `epoch_us(${quoted}::timestamp)`, read: (value) => withoutZone(timeOf(value)) }
  }
  if (type === 'BLOB') return binary(name, quoted)
  if (/^(BOOLEAN|FLOAT|DOUBLE|U?(TINYINT|SMALLINT|INTEGER)|BIGINT)$/.test(type))
    return { name, sql: quoted, read: same }
  // Whole numbers that a double would round.
  if (/^(UBIGINT|U?HUGEINT|DECIMAL\(\d+,\s*0\))$/.test(type))
    return { name, sql: `${quoted}::varchar`, read: wholeNumber }
  if (type.startsWith('DECIMAL')) return { name, sql: `${quoted}::double`, read: same }
  if (/^(STRUCT|MAP)|\]$/.test(type)) return text(name, `to_json(${quoted})`)
  return text(name, quoted)
}

const NO_TIME = -(2n ** 63n)

/** The text of a count since 1970; null for the number with which NumPy says that there is no time. */
function timeOf(count: unknown, perMicro = 1n): string | null | undefined {
  const value = BigInt(count as bigint)
  if (value === NO_TIME) return null
  const micros = value / perMicro - (value % perMicro < 0n ? 1n : 0n)
  return micros < MIN_MICROS || micros > MAX_MICROS ? undefined : isoFromMicros(micros)
}

function withoutZone(time: string | null | undefined): string | null | undefined {
  return time?.endsWith('Z') ? time.slice(0, -1) : time
}

/** Bytes without a declared type, as old writers store text. */
function binary(name: string, quoted: string): ParquetColumn {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return {
    name,
    sql: quoted,
    read(value) {
      try {
        return decoder.decode(value as Uint8Array)
      } catch {
        return undefined
      }
    },
  }
}

/** The engine's reader drops a U+FEFF at the beginning of a text: behind another character it stays. */
function text(name: string, sql: string): ParquetColumn {
  return { name, sql: `'.' || ${sql}::varchar`, read: (value) => String(value).slice(1) }
}

function wholeNumber(text: unknown): number | bigint {
  const value = BigInt(String(text))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
