import { Readable } from 'node:stream'
import { LOG_COLUMNS } from '@forge/writer-core'
import { type CsvError, parse } from 'csv-parse'
import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { plainName } from '../reading/input.ts'
import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS } from '../reading/limits.ts'
import { fromText } from './from-text.ts'

const TYPES = new Map(LOG_COLUMNS.map((column) => [column.name as string, column.type]))

/** An unquoted empty cell and `\N` are null, `""` is the empty text: as `export --format csv` writes them. */
export const csv: IngestAdapter = {
  format: 'csv',
  description: 'log rows, with a header line; an empty cell is null, "" is empty text',
  recognizes: ({ name, head }) => /\.(csv|tsv)$/.test(plainName(name)) || /^\ufeff?"?run_id"?[,\t;]/.test(head),
  async *read(input) {
    const skipped: IngestItem[] = []
    const parser = parse({
      bom: true,
      delimiter: delimiterOf(input.head),
      columns: true,
      info: true,
      raw: true,
      max_record_size: MAX_RECORD_BYTES,
      skip_empty_lines: true,
      skip_records_with_error: true,
      cast: (value, { quoting }) => (!quoting && (value === '' || value === '\\N') ? null : value),
      on_skip: (error, raw) => {
        skipped.push(rejected(error, raw))
        return undefined
      },
    })
    const records = Readable.from(input.bytes())
      .on('error', (error) => parser.destroy(error))
      .pipe(parser)
    for await (const { record, info, raw } of records as AsyncIterable<CsvRecord>) {
      yield* skipped.splice(0)
      yield toItem(record, { line: info.lines, raw })
    }
    yield* skipped.splice(0)
  },
}

interface CsvRecord {
  readonly record: Readonly<Record<string, string | null>>
  readonly info: { readonly lines: number }
  readonly raw: string
}

function toItem(
  record: CsvRecord['record'],
  { line, raw }: { readonly line: number; readonly raw: string },
): IngestItem {
  const row: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(record)) {
    const value = text === null ? null : fromText(TYPES.get(name), text)
    if (value === undefined) {
      const reason = `${name} must be a ${TYPES.get(name)}`
      return { kind: 'reject', position: { line }, reason, record: raw.slice(0, MAX_REJECT_CHARACTERS) }
    }
    Object.defineProperty(row, name, { value, enumerable: true })
  }
  return { kind: 'row', row, position: { line } }
}

function rejected(error: CsvError | undefined, raw: string | undefined): IngestItem {
  const line = typeof error?.lines === 'number' ? error.lines : undefined
  return {
    kind: 'reject',
    position: line === undefined ? {} : { line },
    reason: error?.message ?? 'not a CSV record',
    record: (raw ?? '').slice(0, MAX_REJECT_CHARACTERS),
  }
}

// The one of the three that the header line holds most.
function delimiterOf(head: Uint8Array): string {
  const [header = ''] = Buffer.from(head).toString('utf8').split('\n', 1)
  const count = (delimiter: string) => header.split(delimiter).length
  return ['\t', ';'].find((each) => count(each) > count(',')) ?? ','
}
