import { performance } from 'node:perf_hooks'
import type { WriterEvent } from '../hooks/writer-event.ts'
import type { TableHandle } from '../source/table-handles.ts'
import type { TableSource } from '../source/table-source.ts'

/** The number of versions after which a single-file table is optimized. The table counts them, so that short-lived processes count too. */
const VERSIONS_BETWEEN = 200

/** The parts of the call that the work needs. */
interface OptimizingCall {
  readonly source: TableSource
  readonly emit: (event: WriterEvent) => void
}

/** Optimizes single-file tables in the background. A storage with many files packs them on its own: see `TableOptions.packSmallFiles`. */
export interface AutoOptimizer {
  /** Notes a commit and starts the work if it is due. Returns immediately. */
  committed(handle: TableHandle, version: number, call: OptimizingCall): void
  /** Resolves when no work is running. */
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

async function optimizeFile({ table, fqn }: TableHandle, { emit }: OptimizingCall): Promise<void> {
  if ((await table.info()).files > 1) return
  const startedMs = performance.now()
  const result = await table.optimize?.()
  if (result) emit({ type: 'optimized', tableFqn: fqn, result, durationMs: performance.now() - startedMs })
}
