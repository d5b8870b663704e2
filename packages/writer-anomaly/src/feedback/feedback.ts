import type { Anomaly, AnomalyType } from '@forge/writer-core'
import type { StepRun } from '../series/step-run.ts'

/** What people know: a finding is as it should be, or a real incident, or things are being worked on. */
export type FeedbackKind = 'expected' | 'incident' | 'maintenance'

/** One piece of feedback, as stored in `<table>_anomaly_feedback`. */
export interface Feedback {
  readonly id: string
  readonly kind: FeedbackKind
  /** The finding that it is about; null for a time range. */
  readonly anomalyId: string | null
  /** Null means any. */
  readonly pipeline: string | null
  readonly step: string | null
  readonly type: AnomalyType | null
  /** ISO 8601, UTC, both ends included. */
  readonly from: string
  readonly to: string
  /** Of the finding; null where it has none. */
  readonly value: number | null
  readonly note: string | null
}

/** What feedback means for a row: how it is learned, and whether its findings are silenced. */
export interface RowFeedback {
  /** `expected` is learned as it is, `incident` and `maintenance` are not learned at all. */
  readonly kind: FeedbackKind
  readonly id: string
}

/** Feedback by what it is asked for. */
export interface FeedbackIndex {
  readonly isEmpty: boolean
  ofRow(row: StepRun): RowFeedback | undefined
  /** What silences a finding: `maintenance:<id>` or `expected:<id>`. */
  silences(anomaly: Anomaly): string | undefined
}

/** How near a value must be to one that was said to be expected, as a share. */
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
      const timeMs = Date.parse(anomaly.occurred_at)
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
