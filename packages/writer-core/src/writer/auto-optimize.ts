import { performance } from 'node:perf_hooks'
import type { WriterParts } from './row-writer.ts'
import type { TableHandle } from './table-handles.ts'

/** Versions after which a table that is one file is put in order; counted by the table, so that short processes take part. */
const VERSIONS_BETWEEN = 200

/** What the work takes from the call that started it. */
type OptimizingCall = Pick<WriterParts, 'source' | 'emit'>

/** Puts tables that are one file in order, in the background. A storage of many files packs them itself: see `TableOptions.packSmallFiles`. */
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
      const work = optimizeFile(handle, call)
        .catch((error: unknown) => logger.warn({ table: handle.fqn, error }, 'the table could not be optimized'))
        .finally(() => running.delete(handle.fqn))
      running.set(handle.fqn, work)
    },
    async settle() {
      await Promise.all(running.values())
    },
  }
}

async function optimizeFile({ table, fqn }: TableHandle, { emit }: Pick<WriterParts, 'emit'>): Promise<void> {
  if ((await table.info()).files > 1) return
  const startedMs = performance.now()
  const result = await table.optimize?.()
  if (result) emit({ type: 'optimized', tableFqn: fqn, result, durationMs: performance.now() - startedMs })
}
