import type { DifferenceKind, FigureChange, RunOutcome, StepDifference } from '@forge/writer-analytics'
import { countText, durationText, percentText } from './format.ts'
import type { StyleFormat } from './style.ts'

export const OUTCOME_MARKS: Readonly<Record<RunOutcome, string>> = { succeeded: '✓', failed: '✗', unknown: '?' }

export const OUTCOME_STYLES: Readonly<Record<RunOutcome, StyleFormat>> = {
  succeeded: 'green',
  failed: 'red',
  unknown: 'yellow',
}

/** Returns the outcome that `success` stands for. */
export function outcomeOf(success: boolean | null): RunOutcome {
  if (success === null) return 'unknown'
  return success ? 'succeeded' : 'failed'
}

/** Returns a change such as `10.0 s to 12.0 s (+20.0 %)`. */
export function changeText(
  { previous, current, changePercent }: FigureChange,
  format: (value: number | null) => string,
): string {
  const percent = changePercent === null ? '' : ` (${changePercent < 0 ? '' : '+'}${changePercent.toFixed(1)} %)`
  return `${format(previous) || 'unknown'} to ${format(current) || 'unknown'}${percent}`
}

/** The words for a kind of difference, and whether it is bad. */
export const DIFFERENCE_WORDS: Readonly<
  Record<DifferenceKind, { readonly word: string; readonly style: StyleFormat }>
> = {
  broken: { word: 'broken', style: 'red' },
  stillFails: { word: 'still fails', style: 'red' },
  didNotRun: { word: 'did not run', style: 'yellow' },
  gone: { word: 'gone', style: 'yellow' },
  new: { word: 'new', style: 'cyan' },
  lessValid: { word: 'less valid', style: 'yellow' },
  slower: { word: 'slower', style: 'yellow' },
  fewerRows: { word: 'fewer rows', style: 'yellow' },
  repaired: { word: 'repaired', style: 'green' },
  moreRows: { word: 'more rows', style: 'cyan' },
  faster: { word: 'faster', style: 'green' },
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
      return b?.errorMessage?.trim().split(/\r?\n/, 1)[0] ?? ''
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
