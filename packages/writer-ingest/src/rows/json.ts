import type { IngestAdapter } from '../adapter.ts'
import { readJsonElements } from '../reading/json-elements.ts'
import { rowOrReject } from './ndjson.ts'

/** Where an object holds its rows: also what `export --format json` and `show --json` write. */
const MEMBER = 'rows'

export const json: IngestAdapter = {
  format: 'json',
  description: 'log rows, as an array, an object with `rows`, or one object',
  recognizes: ({ head }) => /^\ufeff?\s*[[{]/.test(head),
  async *read(input) {
    let hasElements = false
    for await (const piece of readJsonElements(input.bytes(), MEMBER)) {
      if (piece.kind === 'envelope') {
        const text = piece.text.replace(/^\ufeff/, '').trim()
        // Without an array of rows the document itself is the row; `[]` and `{ "rows": [] }` hold none.
        if (!hasElements && text !== '' && !/^\[\s*\]$/.test(text) && !/"rows"\s*:\s*\[\s*\]/.test(text)) {
          yield rowOrReject(text, { pointer: '' })
        }
        continue
      }
      hasElements = true
      const position = { pointer: `/${piece.index}`, line: piece.line }
      if (piece.kind === 'element') yield rowOrReject(piece.text, position)
      else yield { kind: 'reject', position, reason: piece.reason, record: piece.text }
    }
  },
}
