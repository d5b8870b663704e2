import type { IngestAdapter, IngestItem, Position } from '../adapter.ts'
import { plainName } from '../reading/input.ts'
import { readLines } from '../reading/lines.ts'
import { isObject, parseJson } from '../reading/parse-json.ts'

export const ndjson: IngestAdapter = {
  format: 'ndjson',
  description: 'log rows, one JSON object per line',
  recognizes: ({ name, head }) => /\.(ndjson|jsonl)$/.test(plainName(name)) || isObjectPerLine(head),
  async *read(input) {
    for await (const line of readLines(input.bytes())) {
      if ('problem' in line) {
        yield { kind: 'reject', position: { line: line.line }, reason: line.problem, record: line.text }
      } else if (line.text.trim() !== '') {
        yield rowOrReject(line.text, { line: line.line })
      }
    }
  },
}

/** The row that JSON text holds, or why it is none. */
export function rowOrReject(text: string, position: Position): IngestItem {
  try {
    const row = parseJson(text)
    if (isObject(row)) return { kind: 'row', row, position }
    return { kind: 'reject', position, reason: 'not a JSON object', record: text }
  } catch (error) {
    const reason = `not valid JSON: ${error instanceof Error ? error.message : String(error)}`
    return { kind: 'reject', position, reason, record: text }
  }
}

// The first line is an object, and something follows: a document on one line has nothing after it.
function isObjectPerLine(head: string): boolean {
  const [first = '', second = ''] = head.trimStart().split('\n', 2)
  if (!first.startsWith('{') || !second.trim().startsWith('{')) return false
  try {
    return isObject(JSON.parse(first))
  } catch {
    return false
  }
}
