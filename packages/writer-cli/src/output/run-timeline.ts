import { OUTCOME_MARKS, outcomeOf, type RunViewed, type ViewedStep } from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import stringWidth from 'string-width'
import { countText, durationText } from './format.ts'
import type { Output } from './output.ts'
import { OUTCOME_STYLES } from './run-text.ts'
import { cutMiddle } from './table.ts'

const PIPE_WIDTH = 80
const MIN_NAME = 12
const MAX_NAME_SHARE = 0.5

/**
 * Yields one line per step: its mark, name, place in the time of the run, and duration. The critical path is drawn with full blocks, other steps with
 * half ones.
 */
export function* timelineLines({ run, steps }: RunViewed, output: Output, limit: number): Generator<string> {
  const shown = chooseSteps(steps, limit)
  const width = output.width ?? PIPE_WIDTH
  const names = shown.map(({ phase, step }) => visibleLine(`${phase}/${step}`))
  const longest = Math.max(MIN_NAME, ...names.map((name) => stringWidth(name)))
  const nameWidth = Math.min(longest, Math.floor(width * MAX_NAME_SHARE))
  const ends = shown.map((step) => endText(step))
  const endWidth = Math.max(8, ...ends.map((text) => stringWidth(text)))
  const barWidth = Math.max(8, width - nameWidth - endWidth - 6)
  const [fromMs, toMs] = [Date.parse(run.startedAt ?? ''), Date.parse(run.endedAt ?? '')]
  for (const [at, step] of shown.entries()) {
    const outcome = outcomeOf(step.success)
    const name = cutMiddle(names[at] ?? '', nameWidth)
    const bar = barOf(step, { fromMs, toMs, width: barWidth })
    const mark = didNotRun(step.status)
      ? output.style('gray', '-')
      : output.style(OUTCOME_STYLES[outcome], OUTCOME_MARKS[outcome])
    const padded = name + ' '.repeat(Math.max(0, nameWidth - stringWidth(name)))
    yield `${mark} ${padded}  ${outcome === 'failed' ? output.style('red', bar) : bar}  ${ends[at]}`.trimEnd()
  }
  if (steps.length > shown.length) yield `and ${countText(steps.length - shown.length)} more`
}

/** Chooses the steps that failed, those on the critical path, and the longest others; in their order. */
function chooseSteps(steps: readonly ViewedStep[], limit: number): readonly ViewedStep[] {
  if (steps.length <= limit) return steps
  const weight = ({ success, isCritical, durationSecs }: ViewedStep) =>
    (success === false ? 2e12 : 0) + (isCritical ? 1e12 : 0) + (durationSecs ?? 0)
  const chosen = new Set(steps.toSorted((a, b) => weight(b) - weight(a)).slice(0, limit))
  return steps.filter((step) => chosen.has(step))
}

function endText({ status, durationSecs, attempts, success }: ViewedStep): string {
  const isPlain = status === 'success' || (status === 'failed' && success === false)
  const parts = [
    durationText(durationSecs),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(isPlain ? [] : [status]),
  ]
  return visibleLine(parts.join(', '))
}

interface Scale {
  readonly fromMs: number
  readonly toMs: number
  readonly width: number
}

function barOf({ startedAt, endedAt, isCritical }: ViewedStep, { fromMs, toMs, width }: Scale): string {
  const [start, end] = [Date.parse(startedAt ?? ''), Date.parse(endedAt ?? '')]
  const span = toMs - fromMs
  if (!(span > 0) || Number.isNaN(start)) return ' '.repeat(width)
  const at = Math.min(width - 1, Math.max(0, Math.floor(((start - fromMs) / span) * width)))
  const cells = Math.round((((Number.isNaN(end) ? start : end) - start) / span) * width)
  const length = Math.max(1, Math.min(width - at, cells))
  return `${' '.repeat(at)}${(isCritical ? '█' : '▒').repeat(length)}${' '.repeat(width - at - length)}`
}
