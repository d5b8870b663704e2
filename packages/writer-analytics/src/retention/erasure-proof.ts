import { createReadStream } from 'node:fs'
import type { LogTable, Predicate } from '@forge/writer-core'
import { count } from './retention-plan.ts'
import { mentions } from './subject.ts'
import { type TableFile, tableFiles } from './table-files.ts'

/** The result of a search after an erasure. */
export interface ErasureProof {
  /** True if no row and no text is left. False if there was no text to search for. */
  readonly isProven: boolean
  /** The reason why the erasure is not proven. */
  readonly reason?: string | undefined
  /** The number of rows that still match the condition. */
  readonly rowsLeft: number
  /** The number of other rows that contain one of the texts. In compressed files, a text is found only by reading rows. */
  readonly rowsMentioning: number
  /** The texts that were searched for: those of the condition, those of the options, and values that only the erased rows had. */
  readonly texts: number
  readonly filesSearched: number
  readonly bytesSearched: number
  /** The files that contain one of the texts. */
  readonly foundIn: readonly string[]
}

/** Searches the tables for the rows, and every byte of their files for the texts. */
export async function proveErased(
  parts: readonly { readonly table: LogTable; readonly where: Predicate | undefined }[],
  texts: readonly string[],
): Promise<ErasureProof> {
  let rowsLeft = 0
  let rowsMentioning = 0
  const files = new Map<string, TableFile>()
  const unreadable: string[] = []
  for (const { table, where } of parts) {
    const { columns, location } = await table.info()
    if (where) rowsLeft += await count({ reader: table }, where)
    rowsMentioning += await count({ reader: table }, mentions(columns, texts))
    const own = await tableFiles(location)
    if (own === undefined && !location.startsWith('memory:')) unreadable.push(location)
    for (const file of own ?? []) files.set(file.path, file)
  }
  const needles = texts.flatMap(formsOf)
  const foundIn: string[] = []
  let bytesSearched = 0
  for (const { path } of files.values()) {
    const { bytes, isFound } = await search(path, needles)
    bytesSearched += bytes
    if (isFound) foundIn.push(path)
  }
  const reason = reasonOf({ rowsLeft, rowsMentioning, foundIn, unreadable, texts })
  const figures = { rowsLeft, rowsMentioning, texts: texts.length, filesSearched: files.size, bytesSearched, foundIn }
  return { isProven: reason === undefined, reason, ...figures }
}

function reasonOf({
  rowsLeft,
  rowsMentioning,
  foundIn,
  unreadable,
  texts,
}: Pick<ErasureProof, 'rowsLeft' | 'rowsMentioning' | 'foundIn'> & {
  readonly unreadable: readonly string[]
  readonly texts: readonly string[]
}): string | undefined {
  if (rowsLeft > 0) return `${rowsLeft} rows remain`
  if (rowsMentioning > 0) return `a text remains in ${rowsMentioning} other rows`
  if (foundIn.length > 0) return `a text remains in ${foundIn.length} files`
  if (unreadable.length > 0) return `the files of ${unreadable.join(', ')} cannot be read here`
  return texts.length === 0 ? 'no texts to search for: pass texts' : undefined
}

/** Returns the bytes of the text, and those of its form in JSON. */
function formsOf(text: string): Buffer[] {
  const escaped = JSON.stringify(text).slice(1, -1)
  const twice = JSON.stringify(escaped).slice(1, -1)
  return [...new Set([text, escaped, twice])].map((form) => Buffer.from(form, 'utf8'))
}

async function search(path: string, needles: readonly Buffer[]) {
  const overlap = Math.max(0, ...needles.map(({ length }) => length - 1))
  let tail = Buffer.alloc(0)
  let bytes = 0
  let isFound = false
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    const window = Buffer.concat([tail, chunk])
    isFound ||= needles.some((needle) => window.includes(needle))
    tail = window.subarray(Math.max(0, window.byteLength - overlap))
  }
  return { bytes, isFound }
}
