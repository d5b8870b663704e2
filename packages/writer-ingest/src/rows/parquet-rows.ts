import { WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import { isoFromMicros, MAX_MICROS, MIN_MICROS } from '@forge/writer-core/storage'
import { shownNames } from '../mapping/shown-names.ts'
import { logNames } from './column-names.ts'
import { type MillisecondReader, openMilliseconds } from './parquet-milliseconds.ts'

type Engine = typeof import('@duckdb/node-api')
type Connection = import('@duckdb/node-api').DuckDBConnection

/** A row, or the problem if one of its values cannot be read. `fields` are the readable ones. */
export interface ParquetRow {
  readonly fields: Record<string, unknown>
  readonly problem?: string | undefined
}

/** Yields the rows of a Parquet file in bounded memory. Times are ISO text with microseconds, without a zone if the file has none. */
export async function* readParquetRows(path: string): AsyncGenerator<ParquetRow> {
  const { DuckDBInstance } = await loadEngine()
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  try {
    const connection = await instance.connect()
    // The engine interprets a path as a glob.
    const source = path.replaceAll(/[*?[]/g, '[$&]')
    const columns = await columnsOf(connection, source)
    const readSeparate = await openSeparate(path, columns)
    const list = columns.map((column) => column.sql).join(', ')
    const result = await connection.stream(`select ${list} from ${READ}`, [source])
    let index = 0
    for await (const rows of result.yieldRowsJs()) {
      for (const values of rows) yield toRow(columns, values, await readSeparate?.(index++))
    }
    // After an error the stream just ends; only its result type, DUCKDB_RESULT_TYPE_INVALID, shows the error.
    if (Number(result.returnType) === 0) throw new Error('the engine stopped before the last row')
  } catch (error) {
    throw new WriterTableError('not a readable Parquet file', { context: { file: path }, cause: error })
  } finally {
    instance.closeSync()
  }
}

/** Partition columns are not read here, because they are added for all formats in the same way. */
const READ = 'read_parquet($1, hive_partitioning = false)'

/** Columns of times in milliseconds; names within nested columns may be among them. */
const MILLISECONDS = `select distinct name from parquet_schema($1)
  where converted_type = 'TIMESTAMP_MILLIS' or logical_type like '%MilliSeconds%'`

async function columnsOf(connection: Connection, source: string): Promise<ParquetColumn[]> {
  const described = (await connection.runAndReadAll(`describe select * from ${READ}`, [source])).getRowObjectsJS()
  const found = (await connection.runAndReadAll(MILLISECONDS, [source])).getRowObjectsJS()
  const milliseconds = new Set(found.map(({ name }) => name))
  const names = logNames(described.map((row) => String(row.column_name)))
  return described.map((row, at) => {
    const [stored, type] = [String(row.column_name), String(row.column_type)]
    const isSeparate = milliseconds.has(stored) && type.startsWith('TIMESTAMP')
    const column = isSeparate ? millisecondColumn(stored, type) : toColumn(stored, type)
    return { ...column, name: names[at] ?? stored }
  })
}

/** Opens the columns that are read separately, if the file has any. */
async function openSeparate(path: string, columns: readonly ParquetColumn[]): Promise<MillisecondReader | undefined> {
  const separate = columns.flatMap(({ separate: stored }) => stored ?? [])
  return separate.length === 0 ? undefined : openMilliseconds(path, separate)
}

function toRow(
  columns: readonly ParquetColumn[],
  values: readonly unknown[],
  separate: readonly unknown[] = [],
): ParquetRow {
  const fields: Record<string, unknown> = {}
  const unread: string[] = []
  let separateAt = 0
  for (const [at, { name, read, separate: isSeparate }] of columns.entries()) {
    const stored = isSeparate === undefined ? values[at] : separate[separateAt++]
    const value = stored === null || stored === undefined ? null : read(stored)
    if (value === undefined) unread.push(name)
    // A column may have the name of a member of every object.
    else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return unread.length === 0
    ? { fields }
    : { fields, problem: `cannot read ${shownNames(unread)}: out of range or not UTF-8` }
}

async function loadEngine(): Promise<Engine> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    throw new WriterUnsupportedError('reading Parquet requires the package @duckdb/node-api', {
      suggestions: ['Install it: npm install @duckdb/node-api'],
      cause: error,
    })
  }
}

interface ParquetColumn {
  readonly name: string
  readonly sql: string
  /** The name in the file of a column that is read separately: see {@link openMilliseconds}. */
  readonly separate?: string | undefined
  /** Converts a value; undefined if it cannot be read. */
  read(value: unknown): unknown
}

/** Columns of types that JavaScript can hold are read unchanged; the engine converts the others to text or numbers. */
function toColumn(name: string, type: string): ParquetColumn {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const same = (value: unknown) => value
  if (type === 'TIMESTAMP WITH TIME ZONE') return { name, sql: `epoch_us(${quoted})`, read: timeOf }
  if (type === 'TIMESTAMP_NS') {
    return { name, sql: `epoch_ns(${quoted})`, read: (value) => withoutZone(timeOf(value, { perMicro: 1000n })) }
  }
  if (type.startsWith('TIMESTAMP')) {
    return { name, sql: `epoch_us(${quoted}::timestamp)`, read: (value) => withoutZone(timeOf(value)) }
  }
  if (type === 'BLOB') return binary(name, quoted)
  if (/^(BOOLEAN|FLOAT|DOUBLE|U?(TINYINT|SMALLINT|INTEGER)|BIGINT)$/.test(type))
    return { name, sql: quoted, read: same }
  // Integers that a double would round.
  if (/^(UBIGINT|U?HUGEINT|DECIMAL\(\d+,\s*0\))$/.test(type))
    return { name, sql: `${quoted}::varchar`, read: wholeNumber }
  if (type.startsWith('DECIMAL')) return { name, sql: `${quoted}::double`, read: same }
  if (/^(STRUCT|MAP)|\]$/.test(type)) return text(name, `to_json(${quoted})`)
  return text(name, quoted)
}

function millisecondColumn(name: string, type: string): ParquetColumn {
  const read = (value: unknown) => timeOf(value, { micros: 1000n })
  return {
    name,
    sql: 'null',
    separate: name,
    read: type === 'TIMESTAMP WITH TIME ZONE' ? read : (value) => withoutZone(read(value)),
  }
}

const NO_TIME = -(2n ** 63n)

/**
 * Returns the text of a count since 1970; null for the number that NumPy uses for a missing time. The unit of the count is a microsecond, a part of
 * it (`perMicro`) or several (`micros`).
 */
function timeOf(count: unknown, { perMicro = 1n, micros: unit = 1n } = {}): string | null | undefined {
  const value = BigInt(count as bigint)
  if (value === NO_TIME) return null
  const micros = unit * (value / perMicro - (value % perMicro < 0n ? 1n : 0n))
  return micros < MIN_MICROS || micros > MAX_MICROS ? undefined : isoFromMicros(micros)
}

function withoutZone(time: string | null | undefined): string | null | undefined {
  return time?.endsWith('Z') ? time.slice(0, -1) : time
}

/** Reads bytes without a declared type, as old writers store text. */
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

/** Keeps a U+FEFF at the beginning of a text, which the reader of the engine would drop, by a character before it. */
function text(name: string, sql: string): ParquetColumn {
  return { name, sql: `'.' || ${sql}::varchar`, read: (value) => String(value).slice(1) }
}

function wholeNumber(text: unknown): number | bigint {
  const value = BigInt(String(text))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
