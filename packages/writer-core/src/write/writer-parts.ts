import type { WriteHook } from '../hooks/write-hook.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'
import type { TableHandle, TableHandles } from '../source/table-handles.ts'
import type { TableSource } from '../source/table-source.ts'
import type { AutoOptimizer } from './auto-optimize.ts'
import type { MetricsCounter } from './metrics-counter.ts'

/** The parts that calls under the same settings share. */
export interface WriterParts {
  /** The source with the settings as of the start of the calls. */
  readonly source: TableSource
  readonly handles: TableHandles
  readonly hooks: readonly WriteHook[]
  readonly metrics: MetricsCounter
  readonly optimizer: AutoOptimizer
  readonly now: () => Date
  readonly emit: (event: WriterEvent) => void
  /** Opens the table to use if rows are routed by run and there are no rows. */
  readonly defaultTable: () => Promise<TableHandle>
}
