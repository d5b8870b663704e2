import { WriterTableError } from '@forge/writer-core'
import type { ObjectStore } from '../store/object-store.ts'
import type { Action } from './actions.ts'
import { exactTransaction, transactionText } from './exact-transaction.ts'
import { commitPath } from './log-file-name.ts'

/** One commit of the log. */
export interface Commit {
  readonly version: number
  readonly actions: readonly Action[]
}

/** Undefined where that version is not there. */
export async function readCommit(store: ObjectStore, version: number): Promise<Commit | undefined> {
  const bytes = await store.get(commitPath(version))
  return bytes === undefined ? undefined : { version, actions: parseActions(bytes, commitPath(version)) }
}

/** The actions of a file with one JSON object a line. */
export function parseActions(bytes: Uint8Array, path: string): Action[] {
  const actions: Action[] = []
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (line.trim() === '') continue
    actions.push(parseAction(line, path))
  }
  return actions
}

export function formatActions(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(`${actions.map(actionText).join('\n')}\n`)
}

/** The action as a line of a commit. */
export function actionText(action: Action): string {
  return action.txn ? transactionText(action.txn) : JSON.stringify(action)
}

function parseAction(line: string, path: string): Action {
  try {
    const action: unknown = JSON.parse(line)
    if (typeof action === 'object' && action !== null && !Array.isArray(action)) return withExact(action, line)
  } catch (cause) {
    throw new WriterTableError(`not a line of JSON in ${path}`, { context: { path }, cause })
  }
  throw new WriterTableError(`not an action in ${path}`, { context: { path } })
}

function withExact(action: Action, line: string): Action {
  return action.txn ? { ...action, txn: exactTransaction(action.txn, line) } : action
}
