import type { Position } from '../adapter.ts'
import type { IngestInput } from './input.ts'
import { readJsonElements } from './json-elements.ts'
import { readLines } from './lines.ts'
import { isObject } from './parse-json.ts'

/** One JSON record as text, or a part of the file that is none. */
export interface JsonRecord {
  readonly text: string
  readonly position: Position
  readonly problem?: string
}

/** Records of NDJSON: one per line that is not empty. */
export async function* readLineRecords(input: IngestInput): AsyncGenerator<JsonRecord> {
  for await (const { line, text, ...rest } of readLines(input.bytes())) {
    if ('problem' in rest || text.trim() !== '') yield { text, position: { line }, ...rest }
  }
}

/** Records of a JSON document: the elements of the array that it is, or has under `member`; else the document itself is the one record. */
export async function* readDocumentRecords(input: IngestInput, member: string): AsyncGenerator<JsonRecord> {
  let hasElements = false
  const isEmpty = new RegExp(`^(\\[\\s*\\]|\\{[^]*"${member}"\\s*:\\s*\\[\\s*\\][^]*\\})?$`)
  for await (const piece of readJsonElements(input.bytes(), member)) {
    if (piece.kind === 'envelope') {
      const text = piece.text.replace(/^\ufeff/, '').trim()
      const { problem } = piece
      if (!hasElements && !isEmpty.test(text)) yield { text, position: { pointer: '' }, ...(problem && { problem }) }
      continue
    }
    hasElements = true
    const position = { pointer: `/${piece.index}`, line: piece.line }
    yield { text: piece.text, position, ...(piece.kind === 'problem' && { problem: piece.reason }) }
  }
}

/** Records of either form, told apart by the beginning of the file. */
export function readJsonRecords(input: IngestInput, member: string): AsyncGenerator<JsonRecord> {
  const head = Buffer.from(input.head).toString('utf8')
  return isObjectPerLine(head) ? readLineRecords(input) : readDocumentRecords(input, member)
}

/** Whether the first line is an object, and one more follows: a document on one line has nothing after it. */
export function isObjectPerLine(head: string): boolean {
  const [first = '', second = ''] = head.trimStart().split('\n', 2)
  if (!first.startsWith('{') || !second.trim().startsWith('{')) return false
  try {
    return isObject(JSON.parse(first))
  } catch {
    return false
  }
}
