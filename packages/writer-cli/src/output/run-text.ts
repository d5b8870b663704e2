import type { DifferenceKind, FigureChange, RunOutcome, StepDifference } from '@forge/writer-analytics'
import { firstLine } from '@forge/writer-core/text'
import { countText, durationText, percentText } from './format.ts'
import type { StyleFormat } from './style.ts'

/** The width of a line that no terminal exceeds. */
const MAX_LINE = 1000

export const OUTCOME_STYLES: Readonly<Record<RunOutcome, StyleFormat>> = {
  succeeded: 'green',
  failed: 'red',
  unknown: 'yellow',
}

/** Returns a change such as `10.0 s to 12.0 s (+20.0 %)`. */
export function changeText(
  { previous, current, changePercent }: FigureChange,
  format: (value: number | null) => string,
): string {
  const percent = changePercent === null ? '' : ` (${changePercent < 0 ? '' : '+'}${changePercent.toFixed(1)} %)`
  return `${format(previous) || 'unknown'} to ${format(current) || 'unknown'}${percent}`
}

/** The styles of differences: red for what failed, yellow for what may be bad. */
export const DIFFERENCE_STYLES: Readonly<Record<DifferenceKind, StyleFormat>> = {
  broken: 'red',
  stillFails: 'red',
  didNotRun: 'yellow',
  gone: 'yellow',
  new: 'cyan',
  lessValid: 'yellow',
  slower: 'yellow',
  fewerRows: 'yellow',
  repaired: 'green',
  moreRows: 'cyan',
  faster: 'green',
}

/** Returns the details of a difference: how the figures of its kinds changed. */
export function differenceText(difference: StepDifference): string {
  return difference.kinds
    .map((kind) => kindText(kind, difference))
    .filter((text) => text !== '')
    .join('; ')
}

function kindText(kind: DifferenceKind, { b, durationSecs, rowsProcessed, validationRate }: StepDifference): string {
  switch (kind) {
    case 'broken':
    case 'stillFails':
      return firstLine(b?.errorMessage, MAX_LINE)
    case 'slower':
    case 'faster':
      return changeText(durationSecs, durationText)
    case 'moreRows':
    case 'fewerRows':
      return `${changeText(rowsProcessed, countText)} rows`
    case 'lessValid':
      return `${changeText(validationRate, percentText)} valid`
    case 'didNotRun':
    case 'new':
    case 'gone':
    case 'repaired':
      return ''
  }
}
