import type { IngestAdapter } from '../adapter.ts'
import { readDocumentRecords } from '../reading/records.ts'
import { hasLogFields, ROWS_MEMBERS, toRowOrReject } from './ndjson.ts'
import { placeItem } from './placed.ts'

export const json: IngestAdapter = {
  format: 'json',
  description: 'log rows as an array, an object with `rows`, one object, or consecutive objects',
  recognizes: ({ head }) => (/^\ufeff?\s*[[{]/.test(head) && hasLogFields(head)) || /^\s*\[\s*\]\s*$/.test(head),
  async *read(input, options) {
    for await (const record of readDocumentRecords(input, ROWS_MEMBERS)) yield placeItem(toRowOrReject(record), options)
  },
}
