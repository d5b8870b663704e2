import type { Anomaly, AnomalyType } from '@forge/writer-core'
import type { StepRun } from '../series/step-run.ts'

/** The kinds of feedback: the anomaly was expected, is a real incident, or was caused by maintenance. */
export type FeedbackKind = 'expected' | 'incident' | 'maintenance'

/** Feedback as stored in `<table>_anomaly_feedback`. */
export interface Feedback {
  readonly id: string
  readonly kind: FeedbackKind
  /** The id of the anomaly; null for a time range. */
  readonly anomalyId: string | null
  /** The pipeline; null for any. */
  readonly pipeline: string | null
  readonly step: string | null
  readonly type: AnomalyType | null
  /** The start and the end of the time range, both included. ISO 8601, UTC. */
  readonly from: string
  readonly to: string
  /** The value of the anomaly; null if it has none. */
  readonly value: number | null
  readonly note: string | null
}

/** The effect of feedback on a row: how it is learned, and whether its findings are suppressed. */
export interface RowFeedback {
  /** The kind: an `expected` row is learned unchanged, rows of an `incident` or of `maintenance` are not learned. */
  readonly kind: FeedbackKind
  readonly id: string
}

/** An index of feedback. */
export interface FeedbackIndex {
  readonly isEmpty: boolean
  ofRow(row: StepRun): RowFeedback | undefined
  /** Returns what suppresses an anomaly: `maintenance:<id>` or `expected:<id>`; undefined if nothing does. */
  silences(anomaly: Anomaly): string | undefined
}

/** The maximum distance from an expected value at which another counts as the same, as a share. */
const SAME_VALUE = 0.25

export function feedbackIndex(entries: readonly Feedback[]): FeedbackIndex {
  const timed = entries.map((entry) => ({ ...entry, fromMs: Date.parse(entry.from), toMs: Date.parse(entry.to) }))
  const covers = (entry: (typeof timed)[number], timeMs: number) => entry.fromMs <= timeMs && timeMs <= entry.toMs
  const concerns = ({ pipeline, step }: Feedback, of: { pipeline: string; step: string | null }) =>
    (pipeline === null || pipeline === of.pipeline) && (step === null || step === of.step)
  return {
    isEmpty: entries.length === 0,
    ofRow: (row) => timed.find((entry) => covers(entry, row.timeMs) && concerns(entry, row)),
    silences(anomaly) {
      const timeMs = Date.parse(anomaly.occurredAt)
      const found = timed.find((entry) => {
        if (!concerns(entry, anomaly)) return false
        if (entry.kind === 'maintenance') return covers(entry, timeMs)
        if (entry.kind !== 'expected') return false
        if (entry.anomalyId === anomaly.id) return true
        if (entry.type !== null && entry.type !== anomaly.type) return false
        return covers(entry, timeMs) || (timeMs > entry.toMs && entry.anomalyId !== null && isSameValue(entry, anomaly))
      })
      return found && `${found.kind}:${found.id}`
    },
  }
}

function isSameValue({ value, type }: Feedback, anomaly: Anomaly): boolean {
  if (type === null || value === null || anomaly.value === null) return false
  return Math.abs(anomaly.value - value) <= SAME_VALUE * Math.abs(value)
}
