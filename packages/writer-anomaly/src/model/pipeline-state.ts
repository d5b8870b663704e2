import type { Anomaly, AnomalySeverity } from '@forge/writer-core'
import type { StepState } from '../baseline/step-state.ts'
import type { Coherence, RunDeviations, RunMetric } from '../findings/run-coherence.ts'
import type { Presence } from '../findings/run-steps.ts'
import { type Arrivals, arrivals } from '../schedule/arrivals.ts'
import { type DueRun, type Schedule, schedule } from '../schedule/schedule.ts'
import type { SlotGrid } from '../schedule/slot-grid.ts'
import type { WarningStreak } from './warning-streak.ts'

/** A run of which more rows may come. */
export interface OpenRun {
  readonly runId: string
  readonly startMs: number
  /** The end of its last row, as far as is known. */
  lastMs: number
  /** The time at which its last row was recorded, if it is known. */
  seenMs: number
  readonly mode: string
  /** The logarithm of the time since the run before, in usual intervals. */
  readonly sinceLast: number
  readonly steps: Set<string>
  readonly failedSteps: Set<string>
  hasRunRow: boolean
  /** The findings of the run, before causes and repetition suppress some of them. */
  readonly candidates: Map<string, Anomaly>
  /** The steps whose values look like those of a weekend. */
  readonly weekendLike: Set<string>
  /** The deviations of its steps, for what they have in common. */
  readonly deviations: Readonly<Record<RunMetric, RunDeviations>>
  /** The findings that were returned already, by id, so that only changes are returned. */
  readonly given: Map<string, string>
}

/** A slot without a run before a later run, though a row of one may still come. */
export interface PendingGap {
  readonly due: DueRun
  /** The start of the later run. */
  readonly untilMs: number
  /** The time from which no run of the gap is expected. */
  readonly settledMs: number
}

/** The last report of a kind of finding. */
export interface Report {
  readonly timeMs: number
  readonly run: number
  readonly score: number
  readonly severity: AnomalySeverity
}

/** The memory of one pipeline. */
export interface PipelineState {
  readonly steps: Map<string, StepState>
  readonly schedule: Schedule
  grid: SlotGrid | undefined
  /** The last of its days, as a number since 1970, on which a run looked like one of a weekend; -1 before the first. */
  quietDay: number
  /** The hour at which a day of the pipeline begins, as most of its steps show it. */
  dayStart: number
  readonly arrivals: Arrivals
  readonly pendingGaps: PendingGap[]
  /** The last finding of the open gap, so that it is returned again only if it has changed. */
  openGap: string
  /** True if no row of a run has ever come after the row of the whole run. */
  endsWithRunRow: boolean
  /** The steps of runs, by run mode. */
  readonly presence: Map<string, Presence>
  readonly coherence: Map<string, Coherence>
  readonly openRuns: Map<string, OpenRun>
  /** The steps that have come after their run was assumed to be over, with the longest time from its start, in milliseconds. */
  readonly lateSteps: Map<string, number>
  /** The newest closed runs, so that a late row does not reopen them. */
  readonly closedRuns: string[]
  runs: number
  firstMs: number
  newestMs: number
  /** The latest end of a row. */
  lastEndMs: number
  readonly reports: Map<string, Report>
  /** The warnings in a row, by the same keys. */
  readonly warned: Map<string, WarningStreak>
}

export function pipelineState(): PipelineState {
  return {
    steps: new Map(),
    schedule: schedule(),
    grid: undefined,
    dayStart: 0,
    quietDay: -1,
    arrivals: arrivals(),
    pendingGaps: [],
    openGap: '',
    endsWithRunRow: true,
    presence: new Map(),
    coherence: new Map(),
    openRuns: new Map(),
    lateSteps: new Map(),
    closedRuns: [],
    runs: 0,
    firstMs: Number.POSITIVE_INFINITY,
    newestMs: Number.NEGATIVE_INFINITY,
    lastEndMs: 0,
    reports: new Map(),
    warned: new Map(),
  }
}
