import {
  type CommitOptions,
  type CommitResult,
  emptyBatch,
  type LogBatch,
  WriterConcurrencyError,
} from '@forge/writer-core'
import type { WrittenFile } from '../data/write-files.ts'
import type { Action } from '../log/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { planOf, proposal, writeBatch } from './append.ts'
import { type Preparation, writeAlways } from './write-request.ts'

/** Adds the rows of all batches in one commit, each batch in files of its own: one is written while the next one comes. */
export async function appendStream(
  core: TableCore,
  batches: AsyncIterable<LogBatch> | Iterable<LogBatch>,
  commit: CommitOptions,
): Promise<CommitResult> {
  let isStarted = false
  let broken: { readonly error: unknown } | undefined
  const work = writeAlways(core, {
    name: 'append',
    kind: { changesRows: false, writesData: true },
    commit,
    async prepare(preparation) {
      if (isStarted) throw changedMeanwhile(preparation.snapshot)
      isStarted = true
      return writeAll(
        core,
        preparation,
        watched(batches, (error) => (broken = { error })),
      )
    },
  })
  return work.catch((error: unknown) => {
    // What the stream throws is its caller's, and no error of the engine.
    throw broken ? broken.error : error
  })
}

/** Whether values may be too wide for a column, which is only known once all of them are there. */
export function hasNarrowColumns(snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return false
  return parseSchema(snapshot.metadata).fields.some(
    ({ type }) => type.kind === 'primitive' && ['integer', 'short', 'byte', 'float'].includes(type.name),
  )
}

async function writeAll(core: TableCore, preparation: Preparation, batches: AsyncGenerator<LogBatch>) {
  let table: Pick<Snapshot, 'metadata'> | undefined = preparation.snapshot
  let header: readonly Action[] = []
  const files: WrittenFile[] = []
  let rows = 0
  for await (const batch of readAhead(batches)) {
    const plan = planOf(core, table, batch)
    // A later batch may bring further columns.
    if (plan.header.length > 0) header = [...header.filter((action) => !action.metaData), ...plan.header]
    table = { metadata: plan.metadata }
    files.push(...(await writeBatch(core, preparation, plan, batch)))
    rows += batch.rowCount
  }
  // Nothing came, and the table is to be there all the same.
  if (table === undefined) {
    const plan = planOf(core, undefined, emptyBatch(core.settings.columns))
    return proposal(plan.metadata.partitionColumns, plan.header, files, rows)
  }
  return proposal(table.metadata.partitionColumns, header, files, rows)
}

/** Asks for the next one before it gives this one. */
async function* readAhead(batches: AsyncGenerator<LogBatch>): AsyncGenerator<LogBatch> {
  let next = batches.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = batches.next()
      // Its error is thrown where it is awaited: until then it must not count as unhandled.
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await batches.return(undefined)
  }
}

async function* watched(
  batches: AsyncIterable<LogBatch> | Iterable<LogBatch>,
  onError: (error: unknown) => void,
): AsyncGenerator<LogBatch> {
  try {
    yield* batches
  } catch (error) {
    onError(error)
    throw error
  }
}

function changedMeanwhile(snapshot: Snapshot | undefined): WriterConcurrencyError {
  return new WriterConcurrencyError(
    `commit ${snapshot?.version} of another writer changed the table while rows came in`,
    {
      context: { version: snapshot?.version, conflict: 'metadataChanged', operation: snapshot?.commitInfo?.operation },
      suggestions: ['Write again: the change is then made against the newest version.'],
      committed: 'no',
    },
  )
}
