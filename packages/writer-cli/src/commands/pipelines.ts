import { OUTCOME_MARKS, type PipelineCondition, type PipelineState, type StripRun } from '@forge/writer-analytics'
import { countOf } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { integer, text } from '../command/option.ts'
import { choiceOf, OWNER_OPTIONS } from '../command/owner-options.ts'
import { countText, durationText, minuteText } from '../output/format.ts'
import type { StyleFormat } from '../output/style.ts'
import { filledColumns, formatTable, type TableColumn } from '../output/table.ts'

export const pipelines = defineCommand({
  description: 'List pipelines with their state, their last runs, and when they are due; failed and late ones first',
  options: {
    pipeline: text('Only this pipeline, or those that match this glob', { value: 'glob' }),
    ...OWNER_OPTIONS,
    runs: integer('Maximum number of runs in the strip of a pipeline', { min: 1, max: 90, default: 10 }),
    limit: integer('Maximum number of pipelines; those that ran last', { short: 'n', min: 1, max: 1000, default: 100 }),
  },
  examples: [
    { command: 'pipelines', does: 'the state of every pipeline' },
    { command: 'pipelines --tag nightly --runs 30', does: 'pipelines with a tag, with longer strips' },
    {
      command: 'pipelines --json | jq \'.pipelines[] | select(.state == "failed")\'',
      does: 'what failed, for a script',
    },
  ],
  async run({ options, output, host, openSource }) {
    const { listPipelines } = await import('@forge/writer-analytics')
    const { pipeline, runs, limit } = options
    const list = await listPipelines(await openSource(), { pipeline, runs, limit, now: host.now, ...choiceOf(options) })
    await output.result(list, function* () {
      yield* list.pipelines.length === 0
        ? ['no pipeline matches']
        : formatTable(filledColumns(COLUMNS, list.pipelines), list.pipelines, output)
      if (list.otherPipelines > 0) yield `and ${countOf(list.otherPipelines, 'pipeline', 'pipelines')} more`
    })
  },
})

const STYLES: Readonly<Record<PipelineCondition, StyleFormat>> = {
  failed: 'red',
  late: 'yellow',
  unknown: 'yellow',
  succeeded: 'green',
}

const COLUMNS: readonly TableColumn<PipelineState>[] = [
  { header: 'state', cell: ({ state }) => state, shrink: false, style: ({ state }) => STYLES[state] },
  { header: 'pipeline', cell: ({ pipeline }) => pipeline },
  { header: 'last success', cell: ({ lastSuccess }) => minuteText(lastSuccess?.startedAt) || 'never', shrink: false },
  { header: 'duration', align: 'right', cell: ({ lastRun }) => durationText(lastRun.durationSecs) },
  { header: 'change', align: 'right', cell: ({ duration }) => percentText(duration.changePercent) },
  { header: 'rows', align: 'right', cell: ({ lastRun }) => countText(lastRun.rowsProcessed) },
  { header: 'last runs', cell: ({ strip }) => strip.map(markOf).join(''), shrink: false },
  {
    header: 'due',
    cell: ({ lateSince, nextDueAt }) => (lateSince ? `late since ${minuteText(lateSince)}` : minuteText(nextDueAt)),
  },
  { header: 'owner', cell: ({ owner }) => owner ?? '' },
]

function markOf({ outcome }: StripRun): string {
  return OUTCOME_MARKS[outcome]
}

function percentText(percent: number | null): string {
  return percent === null ? '' : `${percent < 0 ? '' : '+'}${percent.toFixed(0)} %`
}
