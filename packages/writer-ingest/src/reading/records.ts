import type { Position } from '../adapter.ts'
import type { IngestInput } from './input.ts'
import { readJsonElements, splitValues } from './json-elements.ts'
import { readLines } from './lines.ts'
import { isObject, parseJson } from './parse-json.ts'

/** One JSON record as text, or a part of the file that is none. */
export interface JsonRecord {
  readonly text: string
  readonly position: Position
  readonly problem?: string
}

/** Between objects of one line. */
const OBJECTS_SIDE_BY_SIDE = /\}\s*\{/

/** Records of NDJSON: one per line that is not empty; of a line with several objects, one for each. */
export async function* readLineRecords(input: IngestInput): AsyncGenerator<JsonRecord> {
  for await (const { line, text, ...rest } of readLines(input.bytes())) {
    if ('problem' in rest) yield { text, position: { line }, ...rest }
    else if (OBJECTS_SIDE_BY_SIDE.test(text))
      for (const each of splitValues(text)) yield { text: each, position: { line } }
    else if (text.trim() !== '') yield { text, position: { line } }
  }
}

/**
 * Records of a JSON document: the elements of the array that it is, or has under one of `members`; else the document itself is the one record. Documents
 * that follow each other are records, too.
 */
export async function* readDocumentRecords(input: IngestInput, members: readonly string[]): AsyncGenerator<JsonRecord> {
  let hasElements = false
  for await (const piece of readJsonElements(input.bytes(), ...members)) {
    if (piece.kind === 'envelope') {
      const text = piece.text.replace(/^\ufeff/, '').trim()
      const { problem, hasArray } = piece
      const isRecord = hasArray ? problem !== undefined || !isEnvelope(text) : text !== ''
      if (!hasElements && isRecord) yield { text, position: { pointer: '' }, ...(problem && { problem }) }
      continue
    }
    hasElements = true
    const position = { pointer: `/${piece.index}`, line: piece.line }
    yield { text: piece.text, position, ...(piece.kind === 'problem' && { problem: piece.reason }) }
  }
}

/** Whether what is around an array is JSON. */
function isEnvelope(text: string): boolean {
  try {
    parseJson(text)
    return true
  } catch {
    return false
  }
}

/** Records of either form, told apart by the beginning of the file. */
export function readJsonRecords(input: IngestInput, members: readonly string[]): AsyncGenerator<JsonRecord> {
  const head = Buffer.from(input.head).toString('utf8')
  return isObjectPerLine(head) ? readLineRecords(input) : readDocumentRecords(input, members)
}

/** Whether the first line is an object, and one more follows: a document on one line has nothing after it. */
export function isObjectPerLine(head: string): boolean {
  const [first = '', second = ''] = head
    .replace(/^\ufeff/, '')
    .trimStart()
    .split('\n', 2)
  return second.trimStart().startsWith('{') && isObjectText(first)
}

/** Whether a document begins whose first value goes over several lines: then lines are not records. */
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
