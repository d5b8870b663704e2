import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'
import type { KnownLoss } from '../storage/table-info.ts'
import type { OptimizeResult } from '../storage/upkeep.ts'

/** An event that a writer sends to its listeners. */
export type WriterEvent =
  | {
      readonly type: 'written'
      readonly tableFqn: string
      readonly batchId: string
      readonly rows: number
      readonly version: number
      readonly durationMs: number
    }
  | { readonly type: 'writeFailed'; readonly tableFqn: string; readonly batchId: string; readonly error: unknown }
  | {
      readonly type: 'retry'
      readonly batchId: string
      readonly attempt: number
      readonly delayMs: number
      readonly error: unknown
    }
  | { readonly type: 'quality'; readonly tableFqn: string; readonly result: QualityResult }
  | { readonly type: 'anomaly'; readonly tableFqn: string; readonly anomaly: Anomaly }
  | {
      readonly type: 'optimized'
      readonly tableFqn: string
      readonly result: OptimizeResult
      readonly durationMs: number
    }
  /** The storage found that it has lost commits, so rows that were written are missing. */
  | { readonly type: 'lossFound'; readonly location: string; readonly loss: KnownLoss }
  | { readonly type: 'hookFailed'; readonly hook: string; readonly error: unknown }
