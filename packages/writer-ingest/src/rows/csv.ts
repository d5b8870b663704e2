import { LOG_COLUMNS, type PlainType } from '@forge/writer-core'
import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { shownNames } from '../mapping/shown-names.ts'
import { plainName } from '../reading/input.ts'
import { MAX_REJECT_CHARACTERS } from '../reading/limits.ts'
import { hasInvalidUtf8, NO_UTF8 } from '../reading/valid-utf8.ts'
import { logNames } from './column-names.ts'
import { dialectOf } from './csv-dialect.ts'
import { type CsvCell, type CsvRecord, readCsvRecords } from './csv-records.ts'
import { fromText } from './from-text.ts'
import { placed } from './placed.ts'

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

/** An unquoted empty cell and `\N` are null, `""` is the empty text: as `export --format csv` writes them. */
export const csv: IngestAdapter = {
  format: 'csv',
  description: 'log rows, with a header line; an empty cell is null, "" is empty text',
  recognizes: ({ name, head }) => /\.(csv|tsv)$/.test(plainName(name)) || isLogCsv(head),
  async *read(input, options) {
    let header: Header | undefined
    for await (const record of readCsvRecords(input.bytes(), dialectOf(input.head))) {
      if (header === undefined) {
        header = headerOf(record)
        if (header.ignored.length > 0) yield { kind: 'warning', text: warningOf(header) }
        continue
      }
      yield 'problem' in record ? rejected(record, record.problem) : placed(toItem(record, header), options)
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
  /** Names of the columns that are left out. */
  readonly ignored: readonly string[]
}

interface Column {
  /** Undefined for a column without a name: what writers of data frames call the index. */
  readonly name: string | undefined
  readonly type: PlainType | undefined
}

const INDEX = /^(unnamed: \d+)?$/i

/** Throws RangeError for names that cannot be read, and when one stands twice: nobody could tell which of its cells counts. */
function headerOf(record: CsvRecord | { readonly problem: string }): Header {
  if ('problem' in record) throw new RangeError(`its header cannot be read: ${record.problem}`)
  if (hasInvalidUtf8(record.raw)) throw new RangeError(`its header is ${NO_UTF8}`)
  const given = record.cells.map(({ text }) => text.trim())
  const names = logNames(given.filter((name) => !INDEX.test(name)))
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  if (twice.size > 0) throw new RangeError(`its header names ${shownNames(twice)} twice`)
  let at = 0
  const columns = given.map((each): Column => {
    const name = INDEX.test(each) ? undefined : names[at++]
    return { name, type: name === undefined ? undefined : TYPES.get(name) }
  })
  return { columns, ignored: given.filter((name) => INDEX.test(name)) }
}

function warningOf({ ignored }: Header): string {
  return `${ignored.length === 1 ? 'a column without a name is' : `${ignored.length} columns without a name are`} left out`
}

function toItem(record: CsvRecord, { columns }: Header): IngestItem {
  const { cells, line } = record
  // What ends with a delimiter has one more cell than it shows.
  const isLonger = cells.slice(columns.length).some(({ text, isQuoted }) => text !== '' || isQuoted)
  if (cells.length < columns.length || isLonger) {
    return rejected(record, `it has ${cells.length} cells, the header has ${columns.length}`)
  }
  const row: Record<string, unknown> = {}
  for (const [at, { name, type }] of columns.entries()) {
    const cell = cells[at]
    if (name === undefined || cell === undefined) continue
    const value = cellValue(cell, type)
    if (value === undefined) return rejected(record, `${name} must be ${EXPECTED[type ?? 'string']}`)
    if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true })
    else row[name] = value
  }
  return { kind: 'row', row, position: { line } }
}

/** What databases and data frames write for a missing value in a column that is not text. */
const MISSING = /^(null|none|nan|nat|na|n\/a|<na>|#n\/a)$/i

function cellValue({ text, isQuoted }: CsvCell, type: PlainType | undefined): unknown {
  if (!isQuoted && (text === '' || text === '\\N')) return null
  if (type === undefined || type === 'string') return text
  if (!isQuoted && MISSING.test(text.trim())) return null
  return fromText(type, text)
}

function rejected({ line, raw }: { readonly line: number; readonly raw: string }, reason: string): IngestItem {
  return { kind: 'reject', position: { line }, reason, record: raw.slice(0, MAX_REJECT_CHARACTERS) }
}
