import { performance } from 'node:perf_hooks'
import type {
  FileTotals,
  LogTable,
  OptimizeOptions,
  OptimizeResult,
  TableSource,
  VacuumResult,
  WriterConfig,
} from '@forge/writer-core'
import { assertOptions, option, settledSource } from '@forge/writer-core/storage'
import { TABLE_CHECK } from '../reading/table-option.ts'

export interface OptimizeTableOptions {
  /** Partitions the table by the setting `partitionColumns`. Default true. */
  readonly enablePartitioning?: boolean | undefined
  /** Compresses files by the setting `compression`. Default true. */
  readonly enableCompression?: boolean | undefined
  /** Clusters rows by the setting `clusterColumns`. Default true. */
  readonly enableZordering?: boolean | undefined
  /** Frees the space of replaced files, as far as the storage's retention allows. Default true. */
  readonly enableVacuum?: boolean | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The result of {@link optimizeTable}. */
export interface OptimizeTableResult {
  readonly optimized: boolean
  /** The reason why nothing was done. */
  readonly reason?: string | undefined
  readonly tableFqn: string
  /** The operations, such as `compaction`, `zorder`, `cluster`, `compression`, `checkpoint`, `vacuum`. */
  readonly optimizationsApplied: readonly string[]
  /** The requested operations without an effect, with the reasons. */
  readonly skipped: readonly Skipped[]
  readonly optimizationDurationSecs: number
  /** Files and bytes of the table before and after all of it. */
  readonly before: FileTotals
  readonly after: FileTotals
  readonly vacuum?: VacuumResult | undefined
}

export interface Skipped {
  readonly name: string
  readonly reason: string
}

/** Compacts the table and applies the settings of its layout. Operations that the storage cannot do are named in `skipped`. */
export async function optimizeTable(
  given: TableSource,
  options: OptimizeTableOptions = {},
): Promise<OptimizeTableResult> {
  assertOptions('optimizeTable', options, {
    ...TABLE_CHECK,
    enablePartitioning: option.flag,
    enableCompression: option.flag,
    enableZordering: option.flag,
    enableVacuum: option.flag,
  })
  const source = settledSource(given)
  const startedMs = performance.now()
  const { enableVacuum = true, table: name } = options
  const table = await source.table({ table: name })
  const before = await totals(table)
  const found = { tableFqn: `${table.ref.schema}.${table.ref.name}`, before: before.totals }
  const finish = async (
    result: Pick<OptimizeTableResult, 'optimizationsApplied' | 'skipped' | 'vacuum' | 'reason'>,
  ) => ({
    ...found,
    optimized: result.optimizationsApplied.length > 0,
    ...result,
    optimizationDurationSecs: (performance.now() - startedMs) / 1000,
    after: (await totals(table)).totals,
  })
  if (!before.exists) return finish({ optimizationsApplied: [], skipped: [], reason: 'the table does not exist' })
  const laidOut = await layOut(table, options, source)
  const vacuum = enableVacuum ? await table.vacuum?.() : undefined
  const applied = [...laidOut.applied, ...(vacuum ? ['vacuum'] : [])]
  const skipped = [...laidOut.skipped, ...(enableVacuum && !vacuum ? [unable('vacuum', source)] : [])]
  return finish({
    optimizationsApplied: applied,
    skipped,
    vacuum,
    ...(applied.length === 0 && { reason: skipped.map(({ name: what, reason }) => `${what}: ${reason}`).join('; ') }),
  })
}

/** Runs compaction, order of rows, compression and partitions, which storages do in one step. */
async function layOut(
  table: LogTable,
  options: OptimizeTableOptions,
  source: TableSource,
): Promise<Pick<OptimizeResult, 'applied' | 'skipped'>> {
  if (!table.optimize) return { applied: [], skipped: [unable('compaction', source)] }
  const { request, skipped } = requestOf(options, source.config)
  const result = await table.optimize(request)
  const refused = new Set(result.skipped.map(({ name }) => name))
  if (!request.compression || refused.has('compression')) {
    return { applied: result.applied, skipped: [...skipped, ...result.skipped] }
  }
  const isRewritten = result.applied.some((name) => REWRITES.has(name))
  const untouched = { name: 'compression', reason: 'no file was rewritten' }
  return {
    applied: [...result.applied, ...(isRewritten ? ['compression'] : [])],
    skipped: [...skipped, ...result.skipped, ...(isRewritten ? [] : [untouched])],
  }
}

const REWRITES = new Set(['compaction', 'zorder', 'cluster', 'partitioning'])

function requestOf(
  { enablePartitioning = true, enableCompression = true, enableZordering = true }: OptimizeTableOptions,
  { partitionColumns, clusterColumns, compression, maxFileSizeMb }: WriterConfig,
): { readonly request: OptimizeOptions; readonly skipped: readonly Skipped[] } {
  const skipped: Skipped[] = []
  const skip = (name: string, setting: string) => skipped.push({ name, reason: `the setting ${setting} is empty` })
  if (enablePartitioning && partitionColumns.length === 0) skip('partitioning', 'partitionColumns')
  if (enableZordering && clusterColumns.length === 0) skip('zorder', 'clusterColumns')
  const request = {
    clusterColumns: enableZordering ? clusterColumns : [],
    targetFileSizeMb: maxFileSizeMb,
    partitionColumns: enablePartitioning && partitionColumns.length > 0 ? partitionColumns : undefined,
    compression: enableCompression ? compression : undefined,
  }
  return { request, skipped }
}

function unable(name: string, { storage }: TableSource): Skipped {
  return { name, reason: `${storage.name} storage cannot do this` }
}

async function totals(table: LogTable): Promise<{ readonly exists: boolean; readonly totals: FileTotals }> {
  const { exists, files, sizeBytes } = await table.info()
  return { exists, totals: { files, bytes: sizeBytes } }
}
