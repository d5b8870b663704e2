import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { plainName } from '../reading/input.ts'
import { isObject, parseRow } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import {
  isObjectPerLine,
  isOverLines,
  type JsonRecord,
  readDocumentRecords,
  readLineRecords,
} from '../reading/records.ts'
import { placed } from './placed.ts'

export const ndjson: IngestAdapter = {
  format: 'ndjson',
  description: 'log rows, one JSON object per line',
  recognizes: ({ name, head }) =>
    /\.(ndjson|jsonl)$/.test(plainName(name)) || (hasLogFields(head) && isObjectPerLine(head)),
  async *read(input, options) {
    const head = Buffer.from(input.head).toString('utf8')
    const records = isOverLines(head) ? readDocumentRecords(input, ROWS_MEMBERS) : readLineRecords(input)
    for await (const record of records) yield placed(rowOrReject(record), options)
  },
}

/** `rows` is also what `query --json` prints. */
export const ROWS_MEMBERS = ['rows']

/** JSON of other things lies beside logs: without one of these names it is not taken for rows unless it is told to be. */
export function hasLogFields(head: string): boolean {
  return /"(run_id|step_name|phase)"\s*:|"rows"\s*:\s*\[/.test(head)
}

/** The row that a record holds, or why it is none. */
export function rowOrReject({ text, position, problem }: JsonRecord): IngestItem {
  if (problem !== undefined) return { kind: 'reject', position, reason: problem, record: text }
  try {
    const row = parseRow(text)
    if (isObject(row)) return { kind: 'row', row, position }
    return { kind: 'reject', position, reason: 'not a JSON object', record: text }
  } catch (error) {
    return { kind: 'reject', position, reason: jsonProblem(error), record: text }
  }
}
