import { createHash } from 'node:crypto'
import type { Anomaly, AnomalySeverity, AnomalyType } from '@forge/writer-core'
import { describeBaseline, type Judgement } from '../baseline/judge.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import type { StepRun } from '../series/step-run.ts'

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
  readonly lower?: number | null | undefined
  readonly upper?: number | null | undefined
  /** The deviation in robust deviations or their equivalent. */
  readonly z: number | null
  /** The score, 0-1. Default: the score of `z`. */
  readonly score?: number | undefined
  readonly baseline?: Anomaly['baseline'] | undefined
  readonly evidence?: Anomaly['evidence'] | undefined
}

export interface Place {
  readonly pipeline: string
  readonly phase: string | null
  readonly step: string | null
  readonly runId: string | null
  readonly timeMs: number
  /** The key that identifies the finding if it has no run. */
  readonly key?: string | undefined
}

const UNKNOWN: Anomaly['baseline'] = { n: 0, from: null, to: null, seasonality: 'none', status: 'ready' }

/** Creates an anomaly. Its id is the same each time that the same finding is made, by whatever process. */
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
    score: round(parts.score ?? scoreOfZ(z ?? 0)),
    value: value === null ? null : round(value),
    expected: expected === null ? null : round(expected),
    lower: roundOrNull(parts.lower),
    upper: roundOrNull(parts.upper),
    deviation: {
      absolute: round(absolute),
      relative: expected ? round(absolute / Math.abs(expected)) : null,
      robustZ: z === null ? null : round(z),
    },
    metric,
    pipeline: place.pipeline,
    phase: place.phase,
    step: place.step,
    runId: place.runId,
    detectedAt: new Date(parts.nowMs).toISOString(),
    occurredAt: new Date(place.timeMs).toISOString(),
    detector: parts.detector,
    baseline: parts.baseline ?? UNKNOWN,
    evidence,
  }
}

/** Returns the place of a finding about a row. */
export function placeOf(row: StepRun): Place {
  return { pipeline: row.pipeline, phase: row.phase, step: row.step, runId: row.runId, timeMs: row.timeMs }
}

/** Returns the parts of an anomaly that come from the judgement of its value. */
export function judgedParts(
  judgement: Judgement,
): Pick<AnomalyParts, 'value' | 'expected' | 'z' | 'score'> & ReturnType<typeof baselineOf> {
  const { value, expected, z, evidence } = judgement
  return { value, expected, z, score: scoreOfZ(evidence), ...baselineOf(judgement) }
}

/** Returns the parts of an anomaly that describe the history by which a value was judged. */
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
    evidence: { historyTail: [...tail, judgement.value].slice(-HISTORY_TAIL).map(round) },
    lower,
    upper,
  }
}

function idOf(parts: readonly (string | null | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

function roundOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : round(value)
}

/** Rounds to nine digits: engines differ in the digits after them. */
function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : 0
}

/** Returns the severity by evidence and by size: `relative` is the change, `floor` the minimum that matters. It is capped if little is known. */
export function severityOf(judgement: Judgement, relative: number, floor: number): AnomalySeverity {
  if (judgement.status !== 'ready') return 'warning'
  if (Math.abs(relative) < floor) return 'info'
  return Math.abs(judgement.z) >= 6 && Math.abs(relative) >= 2 * floor ? 'error' : 'warning'
}
