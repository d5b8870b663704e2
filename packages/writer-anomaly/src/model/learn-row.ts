import { burst, isFrequent, learnBurst, notePace } from '../baseline/burst.ts'
import { learnLink, learnSince } from '../baseline/explained.ts'
import type { Figures, StepState } from '../baseline/step-state.ts'
import { COLD_VALUES, learn } from '../baseline/value-baseline.ts'
import { learnZero } from '../baseline/zero-share.ts'
import { RECENT_OUTCOMES } from '../findings/failure-rate.ts'
import type { StepContext } from '../findings/step-finding.ts'
import { logZero } from '../findings/zero-rows.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import type { StepRun } from '../series/step-run.ts'
import { eachFigure, isFigure, SERIES } from './row-figures.ts'

export interface RowLesson {
  readonly options: ResolvedOptions
  readonly isExpected: boolean
  readonly isQuietDay: boolean
  readonly timeMs: number
  readonly dayMs: number
  readonly sinceLast: number
  readonly judgements: StepContext['judgements']
}

/** Learns the figures of a row. */
export function learnFigures(
  row: StepRun,
  figures: Figures,
  { options: { window }, isExpected, isQuietDay, timeMs, dayMs, sinceLast, judgements }: RowLesson,
): void {
  const { runId } = row
  if (isFigure(row.rows) && !isQuietDay) {
    learnRows(row, figures, { timeMs, isExpected })
    learnRepeat(figures, row)
    const isZero = row.rows === 0
    learnZero(figures.zeros, { timeMs, dayMs }, isZero, isZero ? logZero(figures.zeros, judgements.rows) : 0)
  }
  eachFigure(row, isQuietDay, (name, value, trials) => {
    // Whether there are rows, and how many, are learned separately.
    if (name === 'rows' && value === 0) return
    const judgement = judgements[name]
    const expected = judgement?.known
    const shift = judgement?.shift ?? 0
    learn(figures[name], SERIES[name], { timeMs, runId, isExpected, window, value, trials, expected, shift })
  })
  learnReasons(figures, sinceLast, judgements)
}

/** Learns the rows of a step that runs at least hourly, none included. A further attempt of a run is not learned. */
function learnRows(
  row: StepRun,
  figures: Figures,
  { timeMs, isExpected }: Pick<RowLesson, 'timeMs' | 'isExpected'>,
): void {
  const { pace, rows } = figures
  if (row.runId !== '' && row.runId === rows.lastRun) return
  notePace(pace, timeMs)
  if (!isFrequent(pace)) return
  figures.burst ??= burst()
  learnBurst(figures.burst, pace, { timeMs, value: row.rows, isCount: true, isExpected })
}

/** Learns how the time since the last run, and the number of rows, affect the next values. */
function learnReasons({ since, link }: Figures, ratio: number, { rows, duration }: StepContext['judgements']): void {
  if (!rows || rows.value === 0) return
  const error = rows.scaled - rows.known.center
  if (rows.count >= COLD_VALUES) learnSince(since, ratio, error)
  if (!duration || rows.count < COLD_VALUES) return
  const clamp = (distance: number, scale: number) => Math.max(-3 * scale, Math.min(3 * scale, distance))
  const seconds = duration.scaled - duration.known.center
  learnLink(link, clamp(error, rows.scale), clamp(seconds, duration.scale))
}

function learnRepeat({ repeat, rows }: Figures, row: StepRun): void {
  if (rows.lastRun === row.runId && row.runId !== '') return
  const isSame = row.rows === repeat.value
  repeat.streak = isSame ? repeat.streak + 1 : 1
  repeat.value = row.rows
  repeat.values++
  if (isSame) repeat.repeats++
}

/** Learns the outcome. A run counts by its last attempt: a retry that succeeds revokes the failure. */
export function learnOutcome({ outcomes }: StepState, { success, runId }: StepRun): void {
  const { recent } = outcomes
  if (runId !== '' && runId === outcomes.lastRun) {
    const before = recent.pop()
    outcomes.runs--
    if (before) outcomes.failures--
  }
  outcomes.runs++
  if (!success) outcomes.failures++
  recent.push(!success)
  if (recent.length > RECENT_OUTCOMES) recent.shift()
  outcomes.streak = success
    ? 0
    : runId !== '' && runId === outcomes.lastRun
      ? Math.max(1, outcomes.streak)
      : outcomes.streak + 1
  outcomes.lastRun = runId
}
