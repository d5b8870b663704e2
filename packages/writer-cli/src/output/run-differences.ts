import { DIFFERENCE_WORDS, type RunViewed, type StepDifference } from '@forge/writer-analytics'
import { countOf, visibleLine } from '@forge/writer-core/text'
import { countText } from './format.ts'
import type { Output } from './output.ts'
import { DIFFERENCE_STYLES, differenceText } from './run-text.ts'
import { formatTable, type TableColumn } from './table.ts'

/** Yields what differs from the last good run; the steps that are as before become one line. */
export function* differenceLines(
  { lastGoodRun, differences, equalSteps }: Pick<RunViewed, 'lastGoodRun' | 'differences' | 'equalSteps'>,
  output: Output,
  limit: number,
): Generator<string> {
  if (!lastGoodRun) {
    yield 'no run of this pipeline and mode succeeded before'
    return
  }
  const title = `compared with the last good run ${lastGoodRun.runId}${lastGoodRun.startedAt ? `, ${output.clock.withZone(lastGoodRun.startedAt)}` : ''}`
  yield output.style('bold', visibleLine(title))
  if (differences.length > 0) yield* formatTable(COLUMNS, differences.slice(0, limit), output).slice(1)
  if (differences.length > limit) yield `and ${countText(differences.length - limit)} more`
  if (equalSteps > 0) yield output.style('gray', countOf(equalSteps, 'step as before', 'steps as before'))
}

const COLUMNS: readonly TableColumn<StepDifference>[] = [
  {
    header: 'difference',
    cell: ({ kinds: [kind] }) => (kind ? DIFFERENCE_WORDS[kind] : ''),
    shrink: false,
    style: ({ kinds: [kind] }) => (kind ? DIFFERENCE_STYLES[kind] : undefined),
  },
  { header: 'step', cell: ({ phase, step }) => `${phase}/${step}` },
  { header: 'change', cell: differenceText },
]
