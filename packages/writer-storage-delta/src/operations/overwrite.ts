import type { CommitResult, LogBatch, Predicate } from '@forge/writer-core'
import { type OverwriteTarget, overwriteParts } from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import { planBatch } from '../data/table-plan.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { countRows } from '../scan/scan.ts'
import type { TableCore } from '../table/table-core.ts'
import { ALL_ROWS, NO_ROWS } from '../transaction/proposal.ts'
import { writeBatch } from './append.ts'
import { conditionText } from './condition-text.ts'
import { NOTHING_TAKEN, planRewrite, type Rewrite } from './rewrite.ts'
import { type Preparation, removeOf, sumOf, writeAlways } from './write-request.ts'

/** Replaces all rows, or those for which `where` is true, by the rows of the batch. */
export function overwrite(core: TableCore, batch: LogBatch, target: OverwriteTarget): Promise<CommitResult> {
  const { where, commit } = overwriteParts(target)
  return writeAlways(core, {
    name: 'overwrite',
    kind: { changesRows: where !== undefined, writesData: true },
    commit,
    async prepare(preparation) {
      const { snapshot, write } = preparation
      const now = core.settings.now()
      const plan = planBatch(snapshot, batch, { ...core.settings, now })
      const { touched, rowsTaken, kept } = await whatGoes(core, preparation, snapshot, where)
      const keptFiles = kept ? await write(snapshot?.metadata ?? plan.metadata, kept) : []
      const newFiles = await writeBatch(core, preparation, plan, batch)
      const adds = [...keptFiles, ...newFiles].map(({ add }) => add)
      return {
        operation: 'WRITE',
        parameters: {
          mode: 'Overwrite',
          partitionBy: JSON.stringify(plan.metadata.partitionColumns),
          ...(where ? { predicate: conditionText(where, snapshot) } : {}),
        },
        metrics: { numFiles: adds.length, numOutputRows: batch.rowCount, numOutputBytes: sumOf(adds) },
        reads: where ? { rows: where } : ALL_ROWS,
        actions: [
          ...plan.header,
          ...touched.map((file: AddFile) => ({ remove: removeOf(file, now, true) })),
          ...adds.map((add) => ({ add })),
        ],
        rows: { ...NO_ROWS, inserted: batch.rowCount, deleted: rowsTaken },
      }
    },
  })
}

async function whatGoes(
  core: TableCore,
  preparation: Preparation,
  snapshot: Snapshot | undefined,
  where: Predicate | undefined,
): Promise<Rewrite> {
  if (snapshot === undefined) return NOTHING_TAKEN
  if (where !== undefined) return planRewrite(core, preparation, snapshot, where)
  const touched = [...snapshot.state().files.values()]
  return { touched, rowsTaken: await countRows(core, snapshot), kept: undefined }
}
