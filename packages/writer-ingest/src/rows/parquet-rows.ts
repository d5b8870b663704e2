import { isoFromMicros, WriterTableError, WriterUnsupportedError } from '@forge/writer-core'

type Engine = typeof import('@duckdb/node-api')

/** Rows of a Parquet file in bounded memory; times as ISO text with microseconds, without a zone where the file has none. */
export async function* readParquetRows(path: string): AsyncGenerator<Record<string, unknown>> {
  const { DuckDBInstance } = await loadEngine()
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  try {
    const connection = await instance.connect()
    // In the engine's eyes a path is a glob.
    const source = path.replaceAll(/[*?[]/g, '[$&]')
    const described = await connection.runAndReadAll('describe select * from read_parquet($1)', [source])
    const columns = described.getRowObjectsJS().map((row) => toColumn(String(row.column_name), String(row.column_type)))
    const list = columns.map((column) => column.sql).join(', ')
    const result = await connection.stream(`select ${list} from read_parquet($1)`, [source])
    for await (const rows of result.yieldRowsJs()) {
      for (const values of rows) {
        const fields = columns.map(({ name, read }, at) => [name, values[at] === null ? null : read(values[at])])
        yield Object.fromEntries(fields)
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
  read(value: unknown): unknown
}

/** Types that JavaScript holds are taken as they are; the others are turned into text or numbers by the engine. */
function toColumn(name: string, type: string): ParquetColumn {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const same = (value: unknown) => value
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return { name, sql: `epoch_us(${quoted})`, read: (value) => isoFromMicros(BigInt(value as bigint)) }
  }
  if (type.startsWith('TIMESTAMP')) {
    const sql = `epoch_us(${quoted}::timestamp)`
    return { name, sql, read: (value) => isoFromMicros(BigInt(value as bigint)).slice(0, -1) }
  }
  if (/^(BOOLEAN|FLOAT|DOUBLE|U?(TINYINT|SMALLINT|INTEGER)|BIGINT)$/.test(type))
    return { name, sql: quoted, read: same }
  // Whole numbers that a double would round.
  if (/^(UBIGINT|U?HUGEINT|DECIMAL\(\d+,\s*0\))$/.test(type))
    return { name, sql: `${quoted}::varchar`, read: wholeNumber }
  if (type.startsWith('DECIMAL')) return { name, sql: `${quoted}::double`, read: same }
  if (/^(STRUCT|MAP)|\]$/.test(type)) return text(name, `to_json(${quoted})`)
  return text(name, quoted)
}

/** The engine's reader drops a U+FEFF at the beginning of a text: behind another character it stays. */
function text(name: string, sql: string): ParquetColumn {
  return { name, sql: `'.' || ${sql}::varchar`, read: (value) => String(value).slice(1) }
}

function wholeNumber(text: unknown): number | bigint {
  const value = BigInt(String(text))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
