import { type CommitResult, isWriterError, type LogBatch } from '@forge/writer-core'
import { timeoutSql, waitFor } from '../connection/connections.ts'
import { errorCode, fromServerError, isAnswered } from '../connection/server-errors.ts'
import { copySql } from '../copy/copy-batch.ts'
import { encodeBatch } from '../copy/encode-batch.ts'
import { addedVersion, addToJournalSql, batchHash } from '../journal/journal.ts'
import { beginAppendSql } from '../journal/server-functions.ts'
import type { TableShape } from '../table/table-state.ts'
import { fitTable } from './fit-table.ts'
import { lockKey } from './table-locks.ts'
import type { TableWrite, WriteSurroundings } from './table-write.ts'

/** The most bytes that are encoded before they are sent. Larger batches are sent while they are encoded. */
const MAX_BYTES = 1 << 20

/** What became of an append in one round trip: its result, or the flag that is true if the server may still store the batch. */
export type KnownAppend = { readonly result: CommitResult } | { readonly mayBeStored: boolean }

const NOT_SENT: KnownAppend = { mayBeStored: false }
/** The codes of errors that would only come again: the lock timeout, a cancelled statement. */
const FINAL = new Set(['55P03', '57014'])

/**
 * Appends a small batch to a table whose columns the process knows, in one round trip. The server refuses it if the batch is stored or the columns have
 * changed. Whatever is not stored can be written step by step.
 */
export async function appendKnown(
  write: TableWrite,
  shape: TableShape,
  { connections, lockTimeoutMs, notifiesChanges }: WriteSurroundings,
  doing: string,
): Promise<KnownAppend> {
  const encoded = encodedAppend(write, shape)
  if (!encoded) return NOT_SENT
  const { ref, commit, operation } = write
  const { sqlName, mark } = shape
  const lock = { lockKey: lockKey('table', ref), lockTimeoutMs: timeoutSql(lockTimeoutMs) }
  const begin = beginAppendSql({ sqlName, mark, ...lock, batchHash: batchHash(ref, commit.batchId) })
  const figures = { rowsInserted: encoded.batch.rowCount }
  const add = addToJournalSql({ ref, operation, commit, figures, sqlName, notifiesChanges }, lockKey('journal', ref))
  let isSent = false
  try {
    const rows = await connections.use([], (session) => {
      isSent = true
      return waitFor(`${ref.schema}.${ref.name}`, () =>
        session.copyAndCommit(['begin', begin, copySql(sqlName, encoded.batch)], encoded.bytes, [add]),
      )
    })
    return { result: addedVersion(rows.at(-1)) }
  } catch (error) {
    const isRefused = !isSent || isAnswered(error)
    if (!isSent || FINAL.has(errorCode(error) ?? '')) throw fromServerError(error, doing, { committed: 'no' })
    return { mayBeStored: !isRefused }
  }
}

/** Returns the rows in the format of COPY; undefined for a batch that is large, empty, or does not fit the known columns. */
function encodedAppend(
  { appended }: TableWrite,
  shape: TableShape,
): { readonly batch: LogBatch; readonly bytes: Buffer } | undefined {
  if (!appended || appended.batch.rowCount === 0) return undefined
  try {
    const { batch, changes } = fitTable(appended.batch, shape, appended.options)
    if (changes.length > 0 || batch.columns.length === 0) return undefined
    const chunks: Buffer[] = []
    let length = 0
    for (const chunk of encodeBatch(batch)) {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_BYTES) return undefined
    }
    return { batch, bytes: Buffer.concat(chunks, length) }
  } catch (error) {
    // The columns may have changed; the steps read them again and say what does not fit.
    if (isWriterError(error)) return undefined
    throw error
  }
}
