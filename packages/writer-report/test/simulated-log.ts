import type { LogRowInput } from '@forge/writer-core'

export const NOW = new Date('2026-03-02T12:00:00Z')
const DAY_MS = 86_400_000

export interface SimulatedOptions {
  readonly pipelines: number
  readonly days: number
  readonly steps?: number
}

const NAMES = ['orders', 'customers', 'inventory', 'payments', 'web_events', 'returns', 'suppliers', 'marketing']
const PHASES = ['bronze', 'silver', 'gold'] as const
const OWNERS = ['ana', 'bo', 'chidi']

/** Yields daily runs of pipelines: attempts, failures with their causes, steps that did not run, slower weeks, unknown rows, owners and tags. The same for the same options. */
export function* simulatedLog({ pipelines, days, steps = 8 }: SimulatedOptions): Generator<LogRowInput> {
  for (let pipeline = 0; pipeline < pipelines; pipeline++) {
    const random = createRandom(pipeline + 1)
    const name = `${NAMES[pipeline % NAMES.length]}${pipeline < NAMES.length ? '' : `_${Math.floor(pipeline / NAMES.length)}`}`
    for (let day = days - 1; day >= 0; day--) yield* simulatedRun({ pipeline, name, day, steps, random })
  }
}

interface RunSettings {
  readonly pipeline: number
  readonly name: string
  readonly day: number
  readonly steps: number
  readonly random: () => number
}

function* simulatedRun({ pipeline, name, day, steps, random }: RunSettings): Generator<LogRowInput> {
  const startMs = NOW.getTime() - day * DAY_MS - (2 + (pipeline % 20)) * 3_600_000 + random() * 600_000
  const run = {
    run_id: `${name}-${new Date(startMs).toISOString().slice(0, 10)}`,
    pipeline_id: name,
    run_mode: 'incremental' as const,
  }
  const isBad = (pipeline % 9 === 2 && day < 2) || random() < 0.03
  const badStep = Math.floor(random() * steps)
  let hasFailed = false
  const ends = [startMs]
  for (let at = 0; at < steps; at++) {
    const from = Math.max(...ends.slice(0, Math.max(1, at - 2)))
    const secs = (20 + 15 * (at % 4) + pipeline * 3) * (0.85 + random() * 0.3) * (pipeline === 1 && day < 6 ? 1.8 : 1)
    const step = {
      ...run,
      phase: PHASES[Math.min(2, Math.floor((at * 3) / steps))] ?? 'gold',
      step_name: `step_${at}_${name}`,
      step_type: 'transform',
    }
    const rows = Math.round(10_000 * (1 + pipeline) * (0.9 + random() * 0.2))
    const isRetried = random() < 0.04
    if (hasFailed) {
      yield {
        ...step,
        start_time: new Date(from),
        end_time: new Date(from),
        duration_secs: 0,
        success: false,
        metadata: { status: 'upstream_failed' },
      }
      continue
    }
    if (isRetried) {
      yield {
        ...step,
        execution_id: 'try-1',
        start_time: new Date(from),
        end_time: new Date(from + 5000),
        duration_secs: 5,
        success: false,
        error_message: 'connection reset by peer',
      }
    }
    const begin = from + (isRetried ? 8000 : 500)
    const end = begin + secs * 1000
    ends.push(end)
    hasFailed = isBad && at === badStep
    yield {
      ...step,
      ...(isRetried && { execution_id: 'try-2' }),
      start_time: new Date(begin),
      end_time: new Date(end),
      duration_secs: secs,
      rows_processed: rows,
      rows_written: rows,
      validation_rate: 100 - random() * 2,
      success: !hasFailed,
      error_message: hasFailed ? messageOf(pipeline, day, rows) : null,
      ...(at === 7 && { metadata: { rows_unknown: true } }),
    }
  }
  const end = Math.max(...ends)
  yield {
    ...run,
    phase: 'pipeline',
    step_name: name,
    step_type: 'run',
    start_time: new Date(startMs),
    end_time: new Date(end),
    duration_secs: (end - startMs) / 1000,
    success: !hasFailed,
    metadata: {
      owner: OWNERS[pipeline % OWNERS.length] ?? 'ana',
      tags: pipeline % 2 === 0 ? ['nightly'] : ['hourly', 'finance'],
      host: `worker-${pipeline % 3}`,
    },
  }
}

function messageOf(pipeline: number, day: number, rows: number): string {
  if (day < 2)
    return `Database Error in model stg_orders (models/staging/stg_orders.sql)\n  column "discount_${pipeline}" does not exist\n  LINE 14: select ${rows}`
  return day % 2 === 0 ? `timeout after ${rows} ms waiting for lock` : 'disk quota exceeded on /data/warehouse'
}

/** Returns random numbers from 0 to 1, the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
