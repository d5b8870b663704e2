import { randomUUID } from 'node:crypto'
import type { CommitResult, VacuumOptions, VacuumResult } from '@forge/writer-core'
import type { Session } from '../connection/connections.ts'
import { JOURNAL } from '../journal/journal.ts'
import type { ServerHost } from '../server-host.ts'
import type { TableShape } from '../table/table-state.ts'
import type { TableWrite } from '../write/table-write.ts'

const SCRUB_JOURNAL = `update ${JOURNAL} set run_id = null, note = null where table_schema = $1 and table_name = $2`

/**
 * Runs VACUUM, which lets new rows take the space of deleted ones, and updates the statistics. `everything` runs VACUUM FULL, which writes the table to
 * new files and holds it alone meanwhile, and removes run ids and notes from the journal. The table has no older versions, so `retentionHours` has no
 * effect. `bytesFreed` is what the server gave back to the disk; in a dry run, an estimate of what deleted rows take.
 */
export async function vacuumTable(
  options: VacuumOptions,
  state: TableShape,
  { connections, lockTimeoutMs }: ServerHost,
  write: (change: Omit<TableWrite, 'ref' | 'declared'>) => Promise<CommitResult>,
): Promise<VacuumResult> {
  const { everything = false, dryRun = false } = options
  const result = (bytesFreed: number): VacuumResult => ({ dryRun, filesRemoved: 0, bytesFreed })
  if (!state.exists) return result(0)
  const { sqlName, ref } = state
  const sizes = () => connections.use(['begin read only'], (session) => tableBytes(session, sqlName))
  const before = await sizes()
  if (dryRun) return result(before.deadBytes)
  await write({
    operation: 'vacuum',
    commit: { batchId: randomUUID() },
    hold: 'alone',
    needsTable: true,
    async change(session) {
      if (everything) await session.run(SCRUB_JOURNAL, [ref.schema, ref.name])
      return { rowsInserted: 0 }
    },
  })
  const full = everything ? 'full, ' : ''
  await connections.alone(`vacuum (${full}analyze) ${sqlName}`, lockTimeoutMs())
  if (everything) await connections.alone(`vacuum full ${JOURNAL}`, lockTimeoutMs())
  return result(Math.max(0, before.bytes - (await sizes()).bytes))
}

/** Returns the bytes of a table with its partitions and indexes, and an estimate of those that deleted rows take. */
export async function tableBytes(
  session: Session,
  sqlName: string,
): Promise<{ readonly bytes: number; readonly deadBytes: number }> {
  const [row] = await session.rows(SIZES, [sqlName])
  return { bytes: Number(row?.[0]), deadBytes: Math.round(Number(row?.[1])) }
}

/** The size of a table, and the part of it that deleted rows take, by the figures of the server. */
const SIZES = `select sum(pg_total_relation_size(c.oid)), sum(pg_total_relation_size(c.oid) * coalesce(s.n_dead_tup, 0)::double precision
   / greatest(1, coalesce(s.n_live_tup, 0) + coalesce(s.n_dead_tup, 0)))
 from (select $1::regclass as oid union all select inhrelid from pg_inherits where inhparent = $1::regclass) c
 left join pg_stat_all_tables s on s.relid = c.oid`
