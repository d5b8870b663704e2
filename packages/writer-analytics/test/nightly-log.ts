import type { LogRowInput } from '@forge/writer-core'

/** A step of a run on a day of June 2024, from one second of the run to another. */
export function step(day: number, name: string, from: number, to: number, change: LogRowInput = {}): LogRowInput {
  const at = (second: number) => new Date(Date.UTC(2024, 5, day, 6, 0, second))
  return {
    run_id: `nightly-${day}`,
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: name,
    start_time: at(from),
    end_time: at(to),
    duration_secs: to - from,
    rows_processed: 100,
    rows_written: 90,
    ...change,
  }
}

export const own = (day: number, to: number, change: LogRowInput = {}) =>
  step(day, 'orders', 0, to, {
    phase: 'pipeline',
    metadata: { owner: 'ana', tags: ['nightly', 'gold "x"'] },
    ...change,
  })

export const failed = { success: false, error_message: 'connection 17 refused\nat line 3' }

/** Three good runs, then two that fail alike; the last one leaves a step out and is slower. */
export const HISTORY: readonly LogRowInput[] = [
  ...[10, 11, 12].flatMap((day) => [
    step(day, 'extract', 0, 10),
    step(day, 'join', 10, 20),
    step(day, 'load', 20, 30),
    own(day, 30),
  ]),
  step(13, 'extract', 0, 10),
  step(13, 'join', 10, 12, failed),
  step(13, 'load', 12, 12, { success: false, metadata: { status: 'upstream_failed' } }),
  own(13, 12, { success: false }),
  step(14, 'extract', 0, 25, { rows_processed: 10 }),
  step(14, 'join', 25, 26, { ...failed, execution_id: 'try-1' }),
  step(14, 'join', 28, 30, { ...failed, execution_id: 'try-2', error_message: 'connection 18 refused' }),
  step(14, 'load', 30, 30, { success: false, metadata: { status: 'upstream_failed' } }),
  own(14, 30, { success: false }),
]
