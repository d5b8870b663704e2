import { Readable } from 'node:stream'
import { LOG_COLUMNS, type PlainType } from '@forge/writer-core'
import { type CsvError, parse } from 'csv-parse'
import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { plainName } from '../reading/input.ts'
import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS } from '../reading/limits.ts'
import { hasInvalidUtf8, markInvalidUtf8, NO_UTF8, readableText } from '../reading/valid-utf8.ts'
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
  recognizes: ({ name, head }) => /\.(csv|tsv)$/.test(plainName(name)) || /^\ufeff?"?run_id"?[,\t;]/.test(head),
  async *read(input, options) {
    const skipped: IngestItem[] = []
    const lines = lineCounter()
    const parser = parse({
      bom: true,
      delimiter: delimiterOf(input.head),
      columns: checkedHeader,
      info: true,
      raw: true,
      max_record_size: MAX_RECORD_BYTES,
      skip_empty_lines: true,
      skip_records_with_error: true,
      cast: (value, { quoting }) => (!quoting && (value === '' || value === '\\N') ? null : value),
      // Called in the order of the file, ahead of what is read below.
      on_record: (parsed: Parsed) => ({ ...parsed, line: lines.of(parsed.raw, parsed.info.lines) }),
      on_skip: (error, raw) => {
        skipped.push(rejected(error, lines, raw))
        return undefined
      },
    })
    const records = Readable.from(markInvalidUtf8(input.bytes()))
      .on('error', (error) => parser.destroy(error))
      .pipe(parser)
    for await (const record of records as AsyncIterable<Parsed & { readonly line: number }>) {
      yield* skipped.splice(0)
      yield placed(toItem(record), options)
    }
    yield* skipped.splice(0)
  },
}

/** Throws where a name stands twice: which of its cells counts nobody could tell. */
function checkedHeader(names: readonly string[]): string[] {
  if (names.some(hasInvalidUtf8)) throw new RangeError(`its header is ${NO_UTF8}`)
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
  if (twice.length > 0) throw new RangeError(`its header names ${twice.join(', ')} twice`)
  return [...names]
}

interface LineCounter {
  /** The line on which a record begins. */
  of(raw: string, lastLine: number): number
  /** The line that the parser calls so. */
  at(line: number): number
}

/** The parser counts a break of two characters within quotes as two lines, and tells the last line of a record. */
function lineCounter(): LineCounter {
  let tooMany = 0
  return {
    of(raw, lastLine) {
      const inner = raw.replace(/(\r\n|\n|\r)$/, '')
      if (!/[\r\n]/.test(inner)) return lastLine - tooMany
      const breaks = inner.match(/\r\n|\n|\r/g) ?? []
      tooMany += breaks.filter((each) => each === '\r\n').length
      return lastLine - tooMany - breaks.length
    },
    at: (line) => line - tooMany,
  }
}

interface Parsed {
  readonly record: Readonly<Record<string, string | null>>
  readonly info: { readonly lines: number }
  readonly raw: string
}

function toItem({ record, raw, line }: Parsed & { readonly line: number }): IngestItem {
  const row: Record<string, unknown> = {}
  const reject = (reason: string): IngestItem => ({ kind: 'reject', position: { line }, reason, record: kept(raw) })
  if (hasInvalidUtf8(raw)) return reject(NO_UTF8)
  for (const [name, text] of Object.entries(record)) {
    const value = text === null ? null : fromText(TYPES.get(name), text)
    if (value === undefined) return reject(`${name} must be ${EXPECTED[TYPES.get(name) ?? 'string']}`)
    Object.defineProperty(row, name, { value, enumerable: true })
  }
  return { kind: 'row', row, position: { line } }
}

function rejected(error: CsvError | undefined, lines: LineCounter, raw = ''): IngestItem {
  const told = Number(error?.lines)
  // Where a quote is wrong the parser hands in text of the record before as well.
  const line = error?.code.startsWith('CSV_RECORD_INCONSISTENT') ? lines.of(raw, told) : lines.at(told)
  // The parser names the line as it counts them.
  const reason = (error?.message ?? 'not a CSV record').replaceAll(/ (on|at) line \d+/g, '')
  return { kind: 'reject', position: { line }, reason: readableText(reason), record: kept(raw) }
}

function kept(raw: string): string {
  return readableText(raw).slice(0, MAX_REJECT_CHARACTERS)
}

// The one of the three that the header line holds most.
function delimiterOf(head: Uint8Array): string {
  const [header = ''] = Buffer.from(head).toString('utf8').split('\n', 1)
  const count = (delimiter: string) => header.split(delimiter).length
  return ['\t', ';'].find((each) => count(each) > count(',')) ?? ','
}
