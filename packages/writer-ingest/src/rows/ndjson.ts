import { isObject } from '@forge/writer-core/storage'
import type { IngestAdapter, IngestItem } from '../adapter.ts'
import { plainName } from '../reading/input.ts'
import { parseRow } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import {
  isObjectPerLine,
  isOverLines,
  type JsonRecord,
  readDocumentRecords,
  readLineRecords,
} from '../reading/records.ts'
import { placeItem } from './placed.ts'

export const ndjson: IngestAdapter = {
  format: 'ndjson',
  description: 'log rows, one JSON object per line',
  recognizes: ({ name, head }) =>
    /\.(ndjson|jsonl)$/.test(plainName(name)) || (hasLogFields(head) && isObjectPerLine(head)),
  async *read(input, options) {
    const head = Buffer.from(input.head).toString('utf8')
    const records = isOverLines(head) ? readDocumentRecords(input, ROWS_MEMBERS) : readLineRecords(input)
    for await (const record of records) yield placeItem(toRowOrReject(record), options)
  },
}

/** Members that may hold the rows; `query --json` prints `rows`, too. */
export const ROWS_MEMBERS = ['rows']

/** Names of which one must occur for JSON to be detected as log rows, since other JSON files often lie next to logs. */
export function hasLogFields(head: string): boolean {
  return /"(run_id|step_name|phase)"\s*:|"rows"\s*:\s*\[/.test(head)
}

/** Returns the row of a record, or a reject with the reason. */
export function toRowOrReject({ text, position, problem }: JsonRecord): IngestItem {
  if (problem !== undefined) return { kind: 'reject', position, reason: problem, record: text }
  try {
    const row = parseRow(text)
    if (isObject(row)) return { kind: 'row', row, position }
    return { kind: 'reject', position, reason: 'not a JSON object', record: text }
  } catch (error) {
    return { kind: 'reject', position, reason: jsonProblem(text, error), record: text }
  }
}
