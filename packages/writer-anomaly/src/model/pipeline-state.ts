import type { Anomaly, AnomalySeverity } from '@forge/writer-core'
import type { Coherence, RunDeviations, RunMetric } from '../findings/run-coherence.ts'
import type { Presence } from '../findings/run-steps.ts'
import { type Arrivals, arrivals } from './arrivals.ts'
import { type DueRun, type Schedule, schedule } from './schedule.ts'
import type { SlotGrid } from './slot-grid.ts'
import type { StepState } from './state.ts'
import type { WarningStreak } from './warning-streak.ts'

/** A run whose rows may not all be there yet. */
export interface OpenRun {
  readonly runId: string
  readonly startMs: number
  /** When its last row ended, as far as is known. */
  lastMs: number
  /** When its last row came into the log, where that is known. */
  seenMs: number
  readonly mode: string
  /** Logarithm of the time since the run before, in times that are usual then. */
  readonly sinceLast: number
  readonly steps: Set<string>
  readonly failedSteps: Set<string>
  hasRunRow: boolean
  /** What was found in it, before causes and repetition silence some of it. */
  readonly candidates: Map<string, Anomaly>
  /** Steps that look as on a weekend, though it is none. */
  readonly weekendLike: Set<string>
  /** How its steps deviate, for what they have in common. */
  readonly deviations: Readonly<Record<RunMetric, RunDeviations>>
  /** What was given out, by id, to give out changes only. */
  readonly given: Map<string, string>
}

/** A slot that had no run when a later run came, though one may still be on its way into the log. */
export interface PendingGap {
  readonly due: DueRun
  /** When the later run started. */
  readonly untilMs: number
  /** From when on no run of the gap is awaited. */
  readonly settledMs: number
}

/** When a kind of finding was last told. */
export interface Told {
  readonly timeMs: number
  readonly run: number
  readonly score: number
  readonly severity: AnomalySeverity
}

/** All that is remembered of one pipeline. */
export interface PipelineState {
  readonly steps: Map<string, StepState>
  readonly schedule: Schedule
  grid: SlotGrid | undefined
  readonly arrivals: Arrivals
  readonly pendingGaps: PendingGap[]
  /** What was said of the gap that is open, so that it is said again only when it has changed. */
  openGap: string
  /** Whether nothing of a run has ever come after the row of the whole run. */
  endsWithRunRow: boolean
  /** By run mode. */
  readonly presence: Map<string, Presence>
  readonly coherence: Map<string, Coherence>
  readonly openRuns: Map<string, OpenRun>
  /** The newest closed ones, so that a late row opens none of them again. */
  readonly closedRuns: string[]
  runs: number
  firstMs: number
  newestMs: number
  readonly told: Map<string, Told>
  /** By the same keys. */
  readonly warned: Map<string, WarningStreak>
}

export function pipelineState(): PipelineState {
  return {
    steps: new Map(),
    schedule: schedule(),
    grid: undefined,
    arrivals: arrivals(),
    pendingGaps: [],
    openGap: '',
    endsWithRunRow: true,
    presence: new Map(),
    coherence: new Map(),
    openRuns: new Map(),
    closedRuns: [],
    runs: 0,
    firstMs: Number.POSITIVE_INFINITY,
    newestMs: Number.NEGATIVE_INFINITY,
    told: new Map(),
    warned: new Map(),
  }
}
