import {
  type Capability,
  type CommitOptions,
  type LogBatch,
  type LogTable,
  type VacuumResult,
  WriterTableError,
} from '@forge/writer-core'
import { assertMethodOptions, assertScan, copyBatch, overwriteParts } from '@forge/writer-core/storage'
import { append } from './operations/append.ts'
import { appendStream, hasNarrowColumns } from './operations/append-stream.ts'
import { versionAt } from './operations/commit-times.ts'
import { deleteRows } from './operations/delete-rows.ts'
import { evolve } from './operations/evolve.ts'
import { fitColumns } from './operations/fit-columns.ts'
import { history } from './operations/history.ts'
import type { Maintenance } from './operations/maintenance.ts'
import { merge } from './operations/merge.ts'
import { optimize } from './operations/optimize.ts'
import { overwrite } from './operations/overwrite.ts'
import { restore } from './operations/restore.ts'
import { schemaReport } from './operations/schema-report.ts'
import { type DeltaVacuumOptions, vacuum } from './operations/vacuum.ts'
import type { FileQuery } from './scan/needed-files.ts'
import { type DeltaReadPlan, readPlan } from './scan/read-plan.ts'
import { snapshotReader } from './scan/scan.ts'
import type { TableCore } from './table/table-core.ts'
import { findBatch } from './transaction/batch-transaction.ts'

/** A log table stored as a Delta Lake table, with the operations that Delta adds. */
export type DeltaTable = Omit<LogTable, DeltaCapability> &
  Required<Pick<LogTable, Exclude<DeltaCapability, 'vacuum'>>> & {
    /** Deletes files that no kept version needs. Throws WriterConfigurationError for a retention shorter than the table's. */
    vacuum(options?: DeltaVacuumOptions): Promise<VacuumResult>
    /** Returns which files a read would use, without reading them. */
    explain(query?: FileQuery): Promise<DeltaReadPlan>
    /** Writes a checkpoint of the newest version now, and deletes the expired part of the log. */
    checkpoint(): Promise<void>
  }

type DeltaCapability = Exclude<Capability, 'migrate' | 'analyze' | 'exportTo'>

/** Returns the table. Its `close` waits for maintenance that writes have started. */
export function deltaTable(core: TableCore, maintenance: Maintenance, assertStorageOpen: () => void): DeltaTable {
  let isClosed = false
  const reader = snapshotReader(core, () => open(core.latest))
  async function open<Result>(work: () => Promise<Result>): Promise<Result> {
    assertStorageOpen()
    if (isClosed) throw new WriterTableError(`table ${core.ref.schema}.${core.ref.name} is closed`, { committed: 'no' })
    return work()
  }
  async function change<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = await open(work)
    maintenance.afterCommit()
    return result
  }
  const commitChange = <Result>(commit: CommitOptions, work: () => Promise<Result>) =>
    change(async () => {
      assertMethodOptions('commit', commit)
      return work()
    })
  const store = <Result>(batch: LogBatch, commit: CommitOptions, work: () => Promise<Result>) =>
    commitChange(commit, async () => {
      await fitColumns(core, batch)
      return work()
    })
  const snapshotAt = async (version: number | Date) =>
    core.at(version instanceof Date ? await versionAt(core.store, version) : version)

  return {
    ref: core.ref,
    ...reader,
    append: (batch, commit) => store(batch, commit, () => append(core, batch, commit)),
    async appendStream(batches, commit) {
      const mayWiden = core.settings.widenColumns && hasNarrowColumns(await open(core.latest))
      if (!mayWiden) return commitChange(commit, () => appendStream(core, batches, commit))
      const all = Array.from(batches, copyBatch)
      return commitChange(commit, async () => {
        for (const batch of all) await fitColumns(core, batch)
        return appendStream(core, all, commit)
      })
    },
    overwrite: (batch, ...target) => store(batch, overwriteParts(target).commit, () => overwrite(core, batch, target)),
    merge: (batch, options, commit) => store(batch, commit, () => merge(core, batch, options, commit)),
    delete: (where, commit) => commitChange(commit, () => deleteRows(core, where, commit)),
    evolve: (schemaChange) => change(() => evolve(core, schemaChange)),
    optimize: (options) => change(() => optimize(core, options)),
    vacuum: (options) => change(() => vacuum(core, options)),
    restore: (version, commit) => commitChange(commit, async () => restore(core, await snapshotAt(version), commit)),
    explain: (query = {}) =>
      open(async () => {
        assertScan(query)
        return readPlan(core, query)
      }),
    validateSchema: () => open(async () => schemaReport(await core.latest(), core.settings.columns)),
    history: (options) => open(() => history(core, options)),
    at: (version) =>
      open(async () => {
        const snapshot = await snapshotAt(version)
        return snapshotReader(core, () => open(async () => snapshot))
      }),
    findBatch: (batchId) =>
      open(async () => {
        const snapshot = await core.latest()
        return snapshot && findBatch(core.store, snapshot, batchId)
      }),
    checkpoint: () =>
      open(async () => {
        await core.latest()
        await maintenance.checkpoint()
      }),
    async close() {
      isClosed = true
      await maintenance.settled()
    },
  }
}
