import { isObject } from '@forge/writer-core/storage'
import type { Position } from '../adapter.ts'
import type { IngestInput } from './input.ts'
import { readJsonElements, splitValues } from './json-elements.ts'
import { readLines } from './lines.ts'
import { parseJson } from './parse-json.ts'

/** One JSON record as text, or a part of the file that is not a record. */
export interface JsonRecord {
  readonly text: string
  readonly position: Position
  readonly problem?: string | undefined
}

/** Matches the boundary between objects on one line. */
const OBJECTS_SIDE_BY_SIDE = /\}\s*\{/

/** Yields the records of NDJSON: one per non-empty line, or one per object if a line has several. */
export async function* readLineRecords(input: IngestInput): AsyncGenerator<JsonRecord> {
  for await (const { line, text, ...rest } of readLines(input.bytes())) {
    if ('problem' in rest) yield { text, position: { line }, ...rest }
    else if (OBJECTS_SIDE_BY_SIDE.test(text))
      for (const each of splitValues(text)) yield { text: each, position: { line } }
    else if (text.trim() !== '') yield { text, position: { line } }
  }
}

/**
 * Yields the records of a JSON document: the elements of its array, which is the document itself or under one of `members`; otherwise the document is
 * the only record. Consecutive documents are records, too.
 */
export async function* readDocumentRecords(input: IngestInput, members: readonly string[]): AsyncGenerator<JsonRecord> {
  let hasElements = false
  for await (const piece of readJsonElements(input.bytes(), ...members)) {
    if (piece.kind === 'envelope') {
      const text = piece.text.replace(/^\ufeff/, '').trim()
      const { problem, hasArray } = piece
      const isRecord = hasArray ? problem !== undefined || !isEnvelope(text) : text !== ''
      if (!hasElements && isRecord) yield { text, position: { pointer: '' }, problem }
      continue
    }
    hasElements = true
    const position = { pointer: `/${piece.index}`, line: piece.line }
    yield { text: piece.text, position, problem: piece.kind === 'problem' ? piece.reason : undefined }
  }
}

/** Returns whether the text around an array is JSON. */
function isEnvelope(text: string): boolean {
  try {
    parseJson(text)
    return true
  } catch {
    return false
  }
}

/** Yields the records of either form, which the beginning of the file decides. */
export function readJsonRecords(input: IngestInput, members: readonly string[]): AsyncGenerator<JsonRecord> {
  const head = Buffer.from(input.head).toString('utf8')
  return isObjectPerLine(head) ? readLineRecords(input) : readDocumentRecords(input, members)
}

/** Returns whether the first line is an object and another one follows; nothing follows a document on one line. */
export function isObjectPerLine(head: string): boolean {
  const [first = '', second = ''] = head
    .replace(/^\ufeff/, '')
    .trimStart()
    .split('\n', 2)
  return second.trimStart().startsWith('{') && isObjectText(first)
}

/** Returns whether the first value spans several lines, so that lines are not records. */
export function isOverLines(head: string): boolean {
  const [first = '', second = ''] = head
    .replace(/^\ufeff/, '')
    .trimStart()
    .split('\n', 2)
  const text = first.trim()
  if (text.startsWith('[')) return true
  return text.startsWith('{') && /[{[,:]$/.test(text) && !second.trimStart().startsWith('{') && !isObjectText(first)
}

function isObjectText(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    return splitValues(text).every((each) => isObject(parseJson(each)))
  } catch {
    return false
  }
}
