import type { CommitOptions, CommitResult, LogBatch } from '@forge/writer-core'
import { mayHoldMarks } from '../data/hidden-marks.ts'
import { planBatch } from '../schema/table-plan.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS } from '../transaction/proposal.ts'
import { selectList, sumOf, writeAlways } from './write-request.ts'

/** Adds all rows or none; stands beside every other commit that leaves the schema alone. */
export function append(core: TableCore, batch: LogBatch, commit: CommitOptions): Promise<CommitResult> {
  return writeAlways(core, {
    name: 'append',
    kind: { changesRows: false, writesData: true },
    commit,
    async prepare({ session, snapshot, write }) {
      const plan = planBatch(snapshot, batch, { ...core.settings, now: core.settings.now() })
      const files =
        batch.rowCount === 0
          ? []
          : await session.withBatch(
              batch,
              ({ sql, params = [] }) =>
                write(
                  plan.metadata,
                  { sql: `select ${selectList(plan.expressions)} from ${sql}`, params },
                  { mayHoldMarks: mayHoldMarks(batch) },
                ),
              core.settings.feed,
            )
      return {
        operation: 'WRITE',
        parameters: { mode: 'Append', partitionBy: JSON.stringify(plan.metadata.partitionColumns) },
        metrics: {
          numFiles: files.length,
          numOutputRows: batch.rowCount,
          numOutputBytes: sumOf(files.map(({ add }) => add)),
        },
        reads: 'nothing',
        actions: [...plan.header, ...files.map(({ add }) => ({ add }))],
        rows: { ...NO_ROWS, inserted: batch.rowCount },
      }
    },
  })
}
