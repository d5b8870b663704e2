import { WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import type { Action } from '../actions/actions.ts'
import { exactTransaction, transactionText } from '../actions/exact-transaction.ts'
import { readAction } from '../actions/read-action.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { commitPath } from './log-file-name.ts'

/** A commit of the log. */
export interface Commit {
  readonly version: number
  readonly actions: readonly Action[]
}

/** Reads the commit of a version; undefined if it does not exist. */
export async function readCommit(store: ObjectStore, version: number): Promise<Commit | undefined> {
  const bytes = await store.get(commitPath(version))
  return bytes === undefined ? undefined : { version, actions: parseActions(bytes, commitPath(version)) }
}

/** Parses the actions of a file with one JSON object on each line. The file may be longer than the longest string, 512 MiB. */
export function parseActions(bytes: Uint8Array, path: string): Action[] {
  const actions: Action[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(LINE_FEED, start)
    const end = newline === -1 ? bytes.length : newline
    const line = decodeLine(bytes.subarray(start, end), path)
    if (line.trim() !== '') actions.push(parseAction(line, path))
    start = end + 1
  }
  return actions
}

const LINE_FEED = 10
const DECODER = new TextDecoder()

function decodeLine(bytes: Uint8Array, path: string): string {
  try {
    return DECODER.decode(bytes)
  } catch (cause) {
    throw new WriterUnsupportedError(`a line of ${path} is too long to be read: ${bytes.length} bytes`, {
      context: { feature: 'long lines', path, lineBytes: bytes.length },
      cause,
    })
  }
}

/** The number of lines that are encoded at once. */
const LINES_AT_ONCE = 10_000

export function formatActions(actions: readonly Action[]): Uint8Array {
  const encoder = new TextEncoder()
  const lines = (from: number) =>
    encoder.encode(
      `${actions
        .slice(from, from + LINES_AT_ONCE)
        .map(actionText)
        .join('\n')}\n`,
    )
  if (actions.length <= LINES_AT_ONCE) return lines(0)
  const parts: Uint8Array[] = []
  for (let from = 0; from < actions.length; from += LINES_AT_ONCE) parts.push(lines(from))
  return Buffer.concat(parts)
}

/**
 * Throws WriterTableError, naming the file, if the newest commit is empty. File systems leave such a file when a machine stops, and its content is
 * unknown. Older commits are not checked, because other engines have accepted them.
 */
export function assertSaid({ version, actions }: Commit): void {
  if (actions.length > 0) return
  const path = commitPath(version)
  throw new WriterTableError(`the newest commit is empty: ${path}`, {
    context: { path, version },
    suggestions: [
      `Restore ${path} from a backup.`,
      'If no engine has written to the table since, delete the file and repeat the last write.',
    ],
    committed: 'no',
  })
}

/** Returns the action as a line of a commit. */
export function actionText(action: Action): string {
  return action.txn ? transactionText(action.txn) : JSON.stringify(action)
}

function parseAction(line: string, path: string): Action {
  return withExact(readAction(parseLine(line, path), path), line)
}

function parseLine(line: string, path: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new WriterTableError(`a line of ${path} is not valid JSON`, { context: { path }, cause })
  }
}

function withExact(action: Action, line: string): Action {
  return action.txn ? { ...action, txn: exactTransaction(action.txn, line) } : action
}
