import { createHash } from 'node:crypto'
import type { Anomaly, AnomalySeverity, AnomalyType } from '@forge/writer-core'
import { describeBaseline, type Judgement } from '../baseline/judge.ts'
import type { StepRun } from '../series/step-run.ts'
import { scoreOfZ } from '../statistics/normal-tail.ts'

const HISTORY_TAIL = 20

export interface AnomalyParts {
  readonly type: AnomalyType
  readonly metric: string
  readonly detector: string
  readonly severity: AnomalySeverity
  readonly description: string
  readonly nowMs: number
  readonly value: number | null
  readonly expected: number | null
  readonly lower?: number | null
  readonly upper?: number | null
  /** In robust deviations or their equivalent. */
  readonly z: number | null
  /** 0-1. Default: of `z`. */
  readonly score?: number
  readonly baseline?: Anomaly['baseline']
  readonly evidence?: Anomaly['evidence']
}

export interface Place {
  readonly pipeline: string
  readonly phase: string | null
  readonly step: string | null
  readonly runId: string | null
  readonly timeMs: number
  /** Identifies the finding where no run does. */
  readonly key?: string
}

const UNKNOWN: Anomaly['baseline'] = { n: 0, from: null, to: null, seasonality: 'none', status: 'ready' }

/** The record of a finding. Its id is the same however often and by whom it is found. */
export function makeAnomaly(place: Place, parts: AnomalyParts): Anomaly {
  const { type, metric, value, expected, z, evidence } = parts
  const absolute = value === null || expected === null ? 0 : value - expected
  return {
    id: idOf([
      place.key === undefined ? type : 'gap',
      place.pipeline,
      place.phase,
      place.step,
      metric,
      place.key ?? place.runId,
    ]),
    type,
    description: parts.description,
    severity: parts.severity,
    score: rounded(parts.score ?? scoreOfZ(z ?? 0)),
    value: value === null ? null : rounded(value),
    expected: expected === null ? null : rounded(expected),
    lower: nullable(parts.lower),
    upper: nullable(parts.upper),
    deviation: {
      absolute: rounded(absolute),
      relative: expected ? rounded(absolute / Math.abs(expected)) : null,
      robust_z: z === null ? null : rounded(z),
    },
    metric,
    pipeline: place.pipeline,
    phase: place.phase,
    step: place.step,
    run_id: place.runId,
    detected_at: new Date(parts.nowMs).toISOString(),
    occurred_at: new Date(place.timeMs).toISOString(),
    detector: parts.detector,
    baseline: parts.baseline ?? UNKNOWN,
    ...(evidence && { evidence }),
  }
}

/** Where a finding about a row belongs. */
export function placeOf(row: StepRun): Place {
  return { pipeline: row.pipeline, phase: row.phase, step: row.step, runId: row.runId, timeMs: row.timeMs }
}

/** What the record says of the history that a value was judged by. */
export function baselineOf(judgement: Judgement): Pick<AnomalyParts, 'baseline' | 'evidence' | 'lower' | 'upper'> {
  const { lower, upper, seasonality, fromMs, toMs, tail } = describeBaseline(judgement)
  return {
    baseline: {
      n: judgement.count,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      seasonality,
      status: judgement.status,
    },
    evidence: { history_tail: [...tail, judgement.value].slice(-HISTORY_TAIL).map(rounded) },
    lower,
    upper,
  }
}

function idOf(parts: readonly (string | null | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

function nullable(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : rounded(value)
}

/** Nine digits: beyond them engines differ in their last bits. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : 0
}
