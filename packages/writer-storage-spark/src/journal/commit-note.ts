import type { CommitOptions, TableOperation } from '@forge/writer-core'
import { defaultWriter } from '@forge/writer-core/storage'

/** What a commit of this package says about itself in Delta's `userMetadata`. */
export interface CommitNote {
  readonly operation: TableOperation
  readonly batchId: string
  /** A text that no other call has, which distinguishes its commit from an earlier one with the same batch id. */
  readonly nonce: string
  readonly writer: string
  readonly runId: string | null
  readonly note: Readonly<Record<string, string>> | null
  /** The number of rows that were given. */
  readonly rows: number
}

/** The application id under which Delta remembers a batch. It is the one of Delta tables of this project, so that each storage knows the batches of the other. */
export function batchAppId(batchId: string): string {
  return `forge-writer/${batchId}`
}

export function noteOf(
  operation: TableOperation,
  { batchId, writer = defaultWriter(), runId, note }: CommitOptions,
  nonce: string,
  rows: number,
): CommitNote {
  return { operation, batchId, nonce, writer, runId: runId ?? null, note: note ?? null, rows }
}

export function noteText(note: CommitNote): string {
  return JSON.stringify({ forgeWriter: note })
}

/** Returns the note of a commit; undefined if another program wrote it. */
export function parseNote(userMetadata: string | null): CommitNote | undefined {
  if (!userMetadata?.includes('"forgeWriter"')) return undefined
  try {
    const { forgeWriter } = JSON.parse(userMetadata) as { forgeWriter?: CommitNote }
    return typeof forgeWriter?.batchId === 'string' ? forgeWriter : undefined
  } catch {
    return undefined
  }
}

/** Returns the part of a note that names a batch, as it is written. */
export function batchPart(batchId: string): string {
  return `"batchId":${JSON.stringify(batchId)}`
}
