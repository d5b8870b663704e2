import type { ComparedStep, CriticalPath, FigureChange, RunsCompared } from '@forge/writer-analytics'
import { WriterTableError } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { integer } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { caveatLines } from '../output/caveats.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText, percentText, timeText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { sanitize } from '../output/sanitize.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const compare = defineCommand({
  description:
    'Compare the durations, rows and outcomes of two runs step by step, and show the critical path of each run',
  args: [
    { name: '<run-a>', description: 'Id of the first run, the baseline' },
    { name: '<run-b>', description: 'Id of the second run' },
  ],
  options: { limit: integer('Maximum number of steps', { short: 'n', min: 1, default: 30 }) },
  examples: [
    { command: 'compare run-41 run-42', does: 'what changed from one run to the next' },
    { command: 'compare run-41 run-42 --json | jq .steps[0]', does: 'the step that changed most' },
  ],
  async run({ args, options, output, openSource }) {
    const [a, b] = args
    if (a === undefined || b === undefined) throw new UsageError('pass the ids of two runs')
    const { compareRuns } = await import('@forge/writer-analytics')
    const compared = await compareRuns(await openSource(), a, b)
    if (!compared.comparisonAvailable) {
      throw new WriterTableError(compared.reason, {
        suggestions: ['Run `forge-writer show --runs` to list the ids of runs.'],
      })
    }
    await output.result(compared, () => comparisonLines(compared, output, options.limit))
  },
})

function* comparisonLines(compared: RunsCompared, output: Output, limit: number): Generator<string> {
  const { a, b, figures } = compared
  const outcome = (success: boolean | null) => (success === null ? 'outcome unknown' : success ? 'succeeded' : 'failed')
  yield* factLines(
    [
      ['a', `${a.runId}, ${a.pipeline}, ${timeText(a.startedAt) || 'no time'}, ${outcome(a.success)}`],
      ['b', `${b.runId}, ${b.pipeline}, ${timeText(b.startedAt) || 'no time'}, ${outcome(b.success)}`],
      ['duration', changeText(figures.durationSecs, durationText)],
      ['steps', changeText(figures.steps, countText)],
      ['failed steps', changeText(figures.failedSteps, countText)],
      ['rows processed', changeText(figures.rowsProcessed, countText)],
      ['rows written', changeText(figures.rowsWritten, countText)],
    ],
    output,
  )
  yield* caveatLines({ nonFiniteSteps: a.nonFiniteSteps + b.nonFiniteSteps, futureSteps: 0 })
  yield ''
  yield* formatTable(STEP_COLUMNS, compared.steps.slice(0, limit), output)
  if (compared.steps.length > limit) yield `and ${countText(compared.steps.length - limit)} more`
  for (const [name, path] of [
    ['a', a.criticalPath],
    ['b', b.criticalPath],
  ] as const) {
    if (!path) continue
    yield ''
    yield `${output.style('bold', `critical path of ${name}`)}  ${pathText(path)}`
  }
}

function changeText(
  { previous, current, changePercent }: FigureChange,
  format: (value: number | null) => string,
): string {
  const percent = changePercent === null ? '' : ` (${changePercent < 0 ? '' : '+'}${changePercent.toFixed(1)} %)`
  return `${format(previous) || 'unknown'} to ${format(current) || 'unknown'}${percent}`
}

function pathText({ steps, spanSecs, waitSecs }: CriticalPath): string {
  const chain = steps.map(({ step, durationSecs }) => `${sanitize(step)} ${durationText(durationSecs)}`).join(' > ')
  return `${chain}; ${durationText(spanSecs)} in all, ${durationText(waitSecs)} waiting`
}

const STEP_COLUMNS: readonly TableColumn<ComparedStep>[] = [
  { header: 'phase', cell: ({ phase }) => phase, shrink: false },
  { header: 'step', cell: ({ step }) => step },
  { header: 'a', align: 'right', cell: ({ a }) => durationText(a?.durationSecs) },
  { header: 'b', align: 'right', cell: ({ b }) => durationText(b?.durationSecs) },
  {
    header: 'change',
    align: 'right',
    cell: ({ durationSecs: { changePercent } }) => (changePercent === null ? '' : `${changePercent.toFixed(0)} %`),
  },
  { header: 'rows a', align: 'right', cell: ({ a }) => countText(a?.rowsProcessed) },
  { header: 'rows b', align: 'right', cell: ({ b }) => countText(b?.rowsProcessed) },
  { header: 'valid b', align: 'right', cell: ({ b }) => percentText(b?.validationRate) },
  { header: 'outcome', cell: outcomeText, shrink: false, style: outcomeStyle },
]

function outcomeText({ inRuns, outcome, b }: ComparedStep): string {
  if (inRuns === 'a') return 'gone'
  if (inRuns === 'b') return 'new'
  return outcome === 'same' ? (b?.success ? 'ok' : 'still fails') : outcome
}

function outcomeStyle({ outcome, b }: ComparedStep): 'red' | 'green' | 'gray' | undefined {
  if (outcome === 'unknown') return 'gray'
  if (outcome === 'repaired') return 'green'
  return outcome === 'broken' || b?.success === false ? 'red' : undefined
}
