import { OUTCOME_MARKS, type RunFacts, type RunOutcome } from '@forge/writer-analytics'
import { firstLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { choice, flag, integer, text } from '../command/option.ts'
import { choiceOf, knownSource, OWNER_OPTIONS } from '../command/owner-options.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { countText, durationText } from '../output/format.ts'
import { OUTCOME_STYLES } from '../output/run-text.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

/** The width in which an error has room. */
const MIN_ERROR_WIDTH = 110
const OUTCOMES = ['succeeded', 'failed', 'unknown'] as const satisfies readonly RunOutcome[]

export const runs = defineCommand({
  description: 'List runs, the newest first',
  options: {
    ...PERIOD_OPTIONS,
    pipeline: text('Only runs of this pipeline, or of those that match this glob', { value: 'glob' }),
    ...OWNER_OPTIONS,
    outcome: choice(OUTCOMES, 'Only runs with this outcome'),
    failed: flag('Only runs that failed'),
    mode: text('Only runs of this mode, such as incremental', { value: 'mode' }),
    running: flag('Only runs that are running or have died; the table is not read'),
    overlapping: flag('Also runs that started before the period and reach into it'),
    limit: integer('Maximum number of runs', { short: 'n', min: 1, max: 1000, default: 20 }),
    after: text('Continue after a page: the `next` that --json printed', { value: 'cursor' }),
  },
  examples: [
    { command: 'runs', does: 'the newest 20 runs' },
    { command: 'runs --failed --since 7d', does: 'what failed this week' },
    { command: "runs --pipeline 'etl_*' --owner ana", does: 'runs of some pipelines of one owner' },
    { command: 'runs --running', does: 'what is running now' },
    { command: "runs --json | jq -r '.runs[].runId'", does: 'ids for another program' },
  ],
  async run({ options, output, host, openSource, settings }) {
    if (options.running) {
      const { printRunning } = await import('../record/print-running.ts')
      return printRunning(options, { path: (await settings()).path, now: host.now, env: host.env, output })
    }
    const { listRuns } = await import('@forge/writer-analytics')
    const { outcome, failed } = options
    const hasPeriod = options.days !== undefined || options.since !== undefined || options.until !== undefined
    const page = await listRuns(await knownSource(await openSource(), options), {
      ...(hasPeriod && periodOptions(options, { now: host.now, otherwise: Number.POSITIVE_INFINITY })),
      ...choiceOf(options),
      pipeline: options.pipeline,
      outcomes: failed ? ['failed'] : outcome && [outcome],
      mode: options.mode,
      overlapping: options.overlapping,
      limit: options.limit,
      after: options.after,
    })
    const columns = (output.width ?? MIN_ERROR_WIDTH) < MIN_ERROR_WIDTH ? COLUMNS : [...COLUMNS, ERROR_COLUMN]
    await output.result(page, () =>
      page.runs.length === 0 ? ['no run matches'] : formatTable(columns, page.runs, output),
    )
    if (page.next !== null && !output.isJson) output.note(`more runs exist; use --limit to show more`)
  },
})

const COLUMNS: readonly TableColumn<RunFacts>[] = [
  {
    header: ' ',
    cell: ({ outcome }) => OUTCOME_MARKS[outcome],
    shrink: false,
    style: ({ outcome }) => OUTCOME_STYLES[outcome],
  },
  { header: 'started', isTime: true, cell: ({ startedAt }, clock) => clock.minute(startedAt), shrink: false },
  { header: 'pipeline', cell: ({ pipeline }) => pipeline, cut: 'middle', minWidth: 12 },
  { header: 'run', cell: ({ runId }) => runId, minWidth: 9 },
  { header: 'duration', align: 'right', cell: ({ durationSecs }) => durationText(durationSecs) },
  {
    header: 'failed',
    align: 'right',
    leaves: 2,
    cell: failedText,
    style: ({ failedSteps }) => (failedSteps > 0 ? 'red' : undefined),
  },
  { header: 'rows', align: 'right', cell: ({ rowsProcessed }) => countText(rowsProcessed), leaves: 1 },
]

const ERROR_COLUMN: TableColumn<RunFacts> = {
  header: 'error',
  cell: ({ errorMessage }) => firstLine(errorMessage, 1000),
}

function failedText({ steps, failedSteps }: RunFacts): string {
  return `${countText(failedSteps)}/${countText(steps)}`
}
