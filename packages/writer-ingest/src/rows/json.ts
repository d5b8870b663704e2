import type { IngestAdapter } from '../adapter.ts'
import { readDocumentRecords } from '../reading/records.ts'
import { hasLogFields, rowOrReject } from './ndjson.ts'
import { placed } from './placed.ts'

/** `rows` is also what `query --json` prints. */
const MEMBER = 'rows'

export const json: IngestAdapter = {
  format: 'json',
  description: 'log rows, as an array, an object with `rows`, or one object',
  recognizes: ({ head }) => (/^\ufeff?\s*[[{]/.test(head) && hasLogFields(head)) || /^\s*\[\s*\]\s*$/.test(head),
  async *read(input, options) {
    for await (const record of readDocumentRecords(input, MEMBER)) yield placed(rowOrReject(record), options)
  },
}
