import { LOG_COLUMNS } from '@forge/writer-core'
import type { PlainType } from '@forge/writer-core/storage'
import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { shownNames } from '../mapping/shown-names.ts'
import { plainName } from '../reading/input.ts'
import { MAX_REJECT_CHARACTERS } from '../reading/limits.ts'
import { hasInvalidUtf8, NO_UTF8 } from '../reading/valid-utf8.ts'
import { logNames } from './column-names.ts'
import { dialectOf } from './csv-dialect.ts'
import { type CsvCell, type CsvRecord, readCsvRecords } from './csv-records.ts'
import { fromText } from './from-text.ts'
import { placeItem } from './placed.ts'

const EXPECTED = {
  string: 'text',
  json: 'JSON',
  int64: 'a whole number',
  int32: 'a whole number',
  int16: 'a whole number',
  int8: 'a whole number',
  double: 'a number',
  float: 'a number',
  boolean: 'true or false',
  timestamp: 'a time',
  date: 'a date',
  binary: 'bytes',
} as const satisfies Record<PlainType, string>

const TYPES = new Map(LOG_COLUMNS.map((column) => [column.name as string, column.type]))

/** Reads CSV. An unquoted empty cell and `\N` are null, `""` is empty text, as `export --format csv` writes them. */
export const csv: IngestAdapter = {
  format: 'csv',
  description: 'log rows with a header line; an empty cell is null, "" is empty text',
  recognizes: ({ name, head }) => /\.(csv|tsv)$/.test(plainName(name)) || isLogCsv(head),
  async *read(input, options) {
    let header: Header | undefined
    for await (const record of readCsvRecords(input.bytes(), dialectOf(input.head))) {
      if (header === undefined) {
        header = headerOf(record)
        if (header.ignored.length > 0) yield { kind: 'warning', text: warningOf(header) }
        continue
      }
      yield 'problem' in record ? rejectRecord(record, record.problem) : placeItem(toItem(record, header), options)
    }
  },
}

function isLogCsv(head: string): boolean {
  return (
    /^\ufeff?"?(sep=|run_id"?[,\t;|])/i.test(head) ||
    (!/^\ufeff?\s*[[{]/.test(head) && dialectOf(Buffer.from(head)).isLog)
  )
}

interface Header {
  readonly columns: readonly Column[]
  /** Names of the ignored columns. */
  readonly ignored: readonly string[]
}

interface Column {
  /** The name of the column; undefined for a column without a name, such as the index of a data frame. */
  readonly name: string | undefined
  readonly type: PlainType | undefined
}

const INDEX = /^(unnamed: \d+)?$/i

/** Reads the header. Throws RangeError if it cannot be read or has a duplicate name, because it would be unclear which cell counts. */
function headerOf(record: CsvRecord | { readonly problem: string }): Header {
  if ('problem' in record) throw headerError(`invalid header: ${record.problem}`)
  if (hasInvalidUtf8(record.raw)) throw headerError(`invalid header: ${NO_UTF8}`)
  const given = record.cells.map(({ text }) => text.trim())
  const names = logNames(given.filter((name) => !INDEX.test(name)))
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  if (twice.size > 0) throw headerError(`duplicate column in the header: ${shownNames(twice)}`)
  let at = 0
  const columns = given.map((each): Column => {
    const name = INDEX.test(each) ? undefined : names[at++]
    return { name, type: name === undefined ? undefined : TYPES.get(name) }
  })
  return { columns, ignored: given.filter((name) => INDEX.test(name)) }
}

function headerError(problem: string): RangeError {
  return Object.assign(new RangeError(problem), { code: 'CSV_HEADER' })
}

function warningOf({ ignored }: Header): string {
  return `${ignored.length === 1 ? 'ignoring a column' : `ignoring ${ignored.length} columns`} without a name`
}

function toItem(record: CsvRecord, { columns }: Header): IngestItem {
  const { cells, line } = record
  // A line that ends with a delimiter has one more, empty cell.
  const isLonger = cells.slice(columns.length).some(({ text, isQuoted }) => text !== '' || isQuoted)
  if (cells.length < columns.length || isLonger) {
    return rejectRecord(record, `${cells.length} cells, but the header has ${columns.length}`)
  }
  const row: Record<string, unknown> = {}
  for (const [at, { name, type }] of columns.entries()) {
    const cell = cells[at]
    if (name === undefined || cell === undefined) continue
    const value = cellValue(cell, type)
    if (value === undefined) return rejectRecord(record, `${name} must be ${EXPECTED[type ?? 'string']}`)
    if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true })
    else row[name] = value
  }
  return { kind: 'row', row, position: { line } }
}

/** Texts that databases and data frames write for a missing value in a column that is not text. */
const MISSING = /^(null|none|nan|nat|na|n\/a|<na>|#n\/a)$/i

function cellValue({ text, isQuoted }: CsvCell, type: PlainType | undefined): unknown {
  if (!isQuoted && (text === '' || text === '\\N')) return null
  if (type === undefined || type === 'string') return text
  if (!isQuoted && MISSING.test(text.trim())) return null
  return fromText(type, text)
}

function rejectRecord({ line, raw }: { readonly line: number; readonly raw: string }, reason: string): IngestItem {
  return { kind: 'reject', position: { line }, reason, record: raw.slice(0, MAX_REJECT_CHARACTERS) }
}
