import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { type LogTable, or, type TableSource, type VacuumResult, WriterUnsupportedError } from '@forge/writer-core'
import { assertOptions, option, settledSource } from '@forge/writer-core/storage'
import { openReading } from '../reading/log-reading.ts'
import {
  planChecked,
  RETENTION_CHECKS,
  type RetentionOptions,
  type RetentionPlan,
  retentionPolicies,
} from './retention-plan.ts'
import { bytesOnDisk } from './table-files.ts'

export interface PruneOptions extends RetentionOptions {
  /** Only reports what would be deleted. Default false. */
  readonly dryRun?: boolean | undefined
  /**
   * The space to free afterwards. `true`: as far as the storage's retention of older versions allows. `everything`: all of it, so that older versions
   * cannot be read. `false`: none. Default true.
   */
  readonly vacuum?: boolean | 'everything' | undefined
}

/** The result of {@link pruneTable}: what was deleted, or would be. */
export interface PruneResult extends RetentionPlan {
  readonly dryRun: boolean
  readonly rowsDeleted: number
  /** The version of the table after the deletion; null if nothing was deleted. */
  readonly version: number | null
  readonly vacuum?: VacuumResult | undefined
  /** Bytes on disk that were freed, older versions and logs included; null if unknown. */
  readonly bytesFreed: number | null
  /** The reason why less space was freed than expected. */
  readonly note?: string | undefined
  /** The duration of the call in milliseconds. */
  readonly durationMs: number
}

/**
 * Deletes the rows past their retention period, and frees their space.
 * Throws WriterConfigurationError if no retention is set or an option is wrong, WriterUnsupportedError if the storage cannot delete.
 */
export async function pruneTable(given: TableSource, options: PruneOptions = {}): Promise<PruneResult> {
  assertOptions('pruneTable', options, {
    ...RETENTION_CHECKS,
    dryRun: option.flag,
    vacuum: option.oneOf([true, false, 'everything']),
  })
  const source = settledSource(given)
  const { dryRun = false, vacuum = true } = options
  const startedMs = performance.now()
  const plan = await planChecked(source, options)
  const result = (rest: Omit<PruneResult, keyof RetentionPlan | 'dryRun' | 'durationMs'>) => ({
    ...plan,
    dryRun,
    ...rest,
    durationMs: performance.now() - startedMs,
  })
  if (dryRun || plan.rows === 0) return result({ rowsDeleted: 0, version: null, bytesFreed: dryRun ? null : 0 })
  const table = await source.table({ table: options.table })
  const { location } = await table.info()
  const before = await bytesOnDisk(location)
  const where = or(
    ...retentionPolicies(source, await openReading(source, options.table), options).map((each) => each.where),
  )
  const { rowsDeleted, version } = await deleting(table, source)(where, {
    batchId: `prune:${randomUUID()}`,
    note: { prune: plan.policies.map(({ pipeline, before: limit }) => `${pipeline} before ${limit}`).join(', ') },
  })
  const vacuumed = vacuum ? await table.vacuum?.(vacuum === 'everything' ? { everything: true } : {}) : undefined
  const after = await bytesOnDisk(location)
  const bytesFreed =
    before === undefined || after === undefined ? (vacuumed?.bytesFreed ?? null) : Math.max(0, before - after)
  return result({
    rowsDeleted,
    version,
    vacuum: vacuumed,
    bytesFreed,
    note: vacuum === true && isKept(vacuumed) ? (table.at ? KEPT_VERSIONS : KEPT_SPACE) : undefined,
  })
}

const KEPT_VERSIONS =
  'The storage keeps the files of older versions until its own retention has passed; vacuum later, or with `everything`.'
const KEPT_SPACE =
  'The storage keeps the space of deleted rows for new ones; vacuum with `everything` to return it to the disk.'

function isKept(vacuumed: VacuumResult | undefined): boolean {
  return vacuumed !== undefined && vacuumed.filesRemoved === 0 && vacuumed.bytesFreed === 0
}

/** Returns the delete method of the table. Throws WriterUnsupportedError if it has none. */
export function deleting(table: LogTable, { storage }: TableSource): NonNullable<LogTable['delete']> {
  const { delete: remove } = table
  if (remove) return remove
  throw new WriterUnsupportedError(`${storage.name} storage cannot delete rows`, {
    suggestions: ['Use DuckDB, Delta or PostgreSQL storage.'],
  })
}
