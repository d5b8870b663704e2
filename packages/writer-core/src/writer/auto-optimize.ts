import { performance } from 'node:perf_hooks'
import type { WriterConfig } from '../config/writer-config.ts'
import type { TableInfo } from '../storage/table-info.ts'
import type { WriterParts } from './row-writer.ts'
import type { TableHandle } from './table-handles.ts'

/** Versions between two looks at a table; counted by the table, so that short processes take part. */
const VERSIONS_BETWEEN = 20
/** Versions after which a table that is one file is put in order. */
const VERSIONS_OF_ONE_FILE = 200
const MOST_SMALL_FILES = 16

/** What the work takes from the call that started it. */
type OptimizingCall = Pick<WriterParts, 'source' | 'emit'>

/** Compacts tables automatically, in the background. */
export interface AutoOptimizer {
  /** Returns at once. */
  committed(handle: TableHandle, version: number, call: OptimizingCall): void
  /** Resolves when nothing runs any more. */
  settle(): Promise<void>
}

export function autoOptimizer(): AutoOptimizer {
  const running = new Map<string, Promise<void>>()
  return {
    committed(handle, version, call) {
      const { config, logger } = call.source
      if (!config.enableOptimization || !handle.table.optimize) return
      if (version === 0 || version % VERSIONS_BETWEEN !== 0 || running.has(handle.fqn)) return
      const work = optimizeWhereNeeded(handle, version, call)
        .catch((error: unknown) => logger.warn({ table: handle.fqn, error }, 'the table could not be optimized'))
        .finally(() => running.delete(handle.fqn))
      running.set(handle.fqn, work)
    },
    async settle() {
      await Promise.all(running.values())
    },
  }
}

async function optimizeWhereNeeded(
  { table, fqn }: TableHandle,
  version: number,
  { source, emit }: OptimizingCall,
): Promise<void> {
  if (!needsWork(await table.info(), version, source.config)) return
  const startedMs = performance.now()
  const result = await table.optimize?.()
  if (result) emit({ type: 'optimized', tableFqn: fqn, result, durationMs: performance.now() - startedMs })
}

/** Many files that are far from full, or a database that took many small writes. */
function needsWork({ files, sizeBytes }: TableInfo, version: number, { maxFileSizeMb }: WriterConfig): boolean {
  if (files <= 1) return version % VERSIONS_OF_ONE_FILE === 0
  return files >= MOST_SMALL_FILES && sizeBytes / files < (maxFileSizeMb * 1024 * 1024) / 2
}
