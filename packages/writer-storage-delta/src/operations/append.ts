import type { CommitOptions, CommitResult, LogBatch } from '@forge/writer-core'
import type { Action } from '../actions/actions.ts'
import { mayHoldMarks } from '../data/hidden-marks.ts'
import { smallFile } from '../data/small-file.ts'
import { planBatch, type TablePlan } from '../data/table-plan.ts'
import type { WrittenFile } from '../data/write-files.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { longTexts } from '../partition/partition-folders.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS, type Proposal } from '../transaction/proposal.ts'
import { type Preparation, selectList, sumOf, writeAlways } from './write-request.ts'

/** Adds all rows or none. Never conflicts with commits that leave the schema unchanged. */
export function append(core: TableCore, batch: LogBatch, commit: CommitOptions): Promise<CommitResult> {
  return writeAlways(core, {
    name: 'append',
    kind: { changesRows: false, writesData: true },
    commit,
    isBlind: true,
    async prepare(preparation) {
      const plan = planOf(core, preparation.snapshot, batch)
      const files = await writeBatch(core, preparation, plan, batch)
      return proposal(plan.metadata.partitionColumns, plan.header, files, batch.rowCount)
    },
  })
}

export function planOf(core: TableCore, table: Pick<Snapshot, 'metadata'> | undefined, batch: LogBatch): TablePlan {
  return planBatch(table, batch, { ...core.settings, now: core.settings.now() })
}

/** Writes the rows of a batch to files. */
export async function writeBatch(
  { settings }: TableCore,
  { session, write, store }: Preparation,
  plan: TablePlan,
  batch: LogBatch,
): Promise<WrittenFile[]> {
  if (batch.rowCount === 0) return []
  const { metadata, expressions } = plan
  const small = await smallFile(plan, batch)
  if (small) return store(metadata, small)
  return (await session()).withBatch(
    batch,
    ({ sql, params = [] }) =>
      write(
        metadata,
        { sql: `select ${selectList(expressions)} from ${sql}`, params },
        {
          mayHoldMarks: () => mayHoldMarks(batch),
          partitionTexts: () => longTexts(batch, metadata.partitionColumns),
        },
      ),
    settings.feed,
  )
}

export function proposal(
  partitionColumns: readonly string[],
  header: readonly Action[],
  files: readonly WrittenFile[],
  rows: number,
): Proposal {
  const adds = files.map(({ add }) => add)
  return {
    operation: 'WRITE',
    parameters: { mode: 'Append', partitionBy: JSON.stringify(partitionColumns) },
    metrics: { numFiles: adds.length, numOutputRows: rows, numOutputBytes: sumOf(adds) },
    reads: 'nothing',
    actions: [...header, ...adds.map((add) => ({ add }))],
    rows: { ...NO_ROWS, inserted: rows },
  }
}
