import {
  type ComparedStep,
  type CriticalPath,
  DIFFERENCE_WORDS,
  type RunStep,
  type RunsCompared,
} from '@forge/writer-analytics'
import { didNotRun, type TableSource, WriterTableError } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { flag, integer } from '../command/option.ts'
import { choiceOf, RUN_CHOICE } from '../command/owner-options.ts'
import { UsageError } from '../command/usage-error.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { caveatLines } from '../output/caveats.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText, percentText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { changeText } from '../output/run-text.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const compare = defineCommand({
  description:
    'Compare the durations, rows and outcomes of two runs step by step, and show the critical path of each run. If one run or --last is given, it is compared with the last good run of the same pipeline and mode before it.',
  args: [
    { name: '[run-a]', description: 'Id of the first run, the baseline; the beginning of it is enough' },
    { name: '[run-b]', description: 'Id of the second run; default: the first run, compared with the last good run' },
  ],
  options: {
    last: flag('Compare the newest run with the last good run'),
    ...RUN_CHOICE,
    limit: integer('Maximum number of steps', { short: 'n', min: 1, default: 30 }),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'compare --last', does: 'what changed in the newest run' },
    { command: 'compare run-42', does: 'what changed in a run since the last good one' },
    { command: 'compare run-41 run-42', does: 'what changed from one run to the next' },
    { command: "compare run-41 run-42 --json | jq '.steps[0]'", does: 'the step that changed most' },
  ],
  async run({ args, options, output, openSource }) {
    const [first, second] = args
    if (first === undefined && !options.last) throw new UsageError('pass the ids of two runs, of one, or --last')
    if (first !== undefined && options.last) throw new UsageError('--last cannot be used with the id of a run')
    const choosing = (['pipeline', 'owner', 'tag'] as const).find((name) => options[name] !== undefined)
    if (choosing !== undefined && !options.last) throw new UsageError(`--${choosing} needs --last`)
    const { compareRuns, findRun } = await import('@forge/writer-analytics')
    const source = await openSource()
    const given = await findRun(source, first, choiceOf(options))
    const [a, b] =
      second === undefined ? [await goodRunBefore(source, given), given] : [given, await findRun(source, second)]
    const compared = await compareRuns(source, a, b)
    if (!compared.available) throw new WriterTableError(compared.reason)
    await output.result(compared, () => comparisonLines(compared, output, options.limit))
  },
})

async function goodRunBefore(source: TableSource, runId: string): Promise<string> {
  const { findLastGoodRun } = await import('@forge/writer-analytics')
  const good = await findLastGoodRun(source, runId)
  if (good) return good.runId
  throw new WriterTableError(`no run of the same pipeline and mode succeeded before ${runId}`, {
    context: { run: runId },
    suggestions: ['Pass the ids of two runs; `forge-writer runs` lists them.'],
  })
}

function* comparisonLines(compared: RunsCompared, output: Output, limit: number): Generator<string> {
  const { a, b, figures } = compared
  const outcome = (success: boolean | null) => (success === null ? 'outcome unknown' : success ? 'succeeded' : 'failed')
  yield* factLines(
    [
      ['a', `${a.runId}, ${a.pipeline}, ${output.clock.withZone(a.startedAt) || 'no time'}, ${outcome(a.success)}`],
      ['b', `${b.runId}, ${b.pipeline}, ${output.clock.withZone(b.startedAt) || 'no time'}, ${outcome(b.success)}`],
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

function pathText({ steps, spanSecs, waitSecs }: CriticalPath): string {
  const chain = steps.map(({ step, durationSecs }) => `${visibleLine(step)} ${durationText(durationSecs)}`).join(' > ')
  return `${chain}; ${durationText(spanSecs)} in all, ${durationText(waitSecs)} waiting`
}

const STEP_COLUMNS: readonly TableColumn<ComparedStep>[] = [
  { header: 'phase', cell: ({ phase }) => phase, shrink: false, leaves: 4 },
  { header: 'step', cell: ({ step }) => step, cut: 'middle', minWidth: 20 },
  { header: 'a', align: 'right', cell: ({ a }) => durationOf(a) },
  { header: 'b', align: 'right', cell: ({ b }) => durationOf(b) },
  {
    header: 'change',
    align: 'right',
    cell: ({ durationSecs: { changePercent } }) => (changePercent === null ? '' : `${changePercent.toFixed(0)} %`),
  },
  { header: 'rows a', align: 'right', cell: ({ rowsProcessed }) => countText(rowsProcessed.previous), leaves: 2 },
  { header: 'rows b', align: 'right', cell: ({ rowsProcessed }) => countText(rowsProcessed.current), leaves: 3 },
  { header: 'valid b', align: 'right', cell: ({ validationRate }) => percentText(validationRate.current), leaves: 1 },
  { header: 'outcome', cell: outcomeText, shrink: false, style: outcomeStyle },
]

function durationOf(step: RunStep | null): string {
  if (step === null) return ''
  return didNotRun(step.status) ? DIFFERENCE_WORDS.didNotRun : durationText(step.durationSecs)
}

function outcomeText({ inRuns, outcome, a, b }: ComparedStep): string {
  if (inRuns === 'a') return 'gone'
  if (inRuns === 'b') return 'new'
  if (didNotRun(b?.status)) return DIFFERENCE_WORDS.didNotRun
  if (didNotRun(a?.status)) return b?.success === false ? 'broken' : 'ran again'
  return outcome === 'same' ? (b?.success ? 'ok' : 'still fails') : outcome
}

function outcomeStyle({ outcome, b }: ComparedStep): 'red' | 'green' | 'gray' | undefined {
  if (outcome === 'unknown') return 'gray'
  if (outcome === 'repaired') return 'green'
  return outcome === 'broken' || b?.success === false ? 'red' : undefined
}
