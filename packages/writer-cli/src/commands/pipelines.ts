import { OUTCOME_MARKS, type PipelineState, stripMarksOf } from '@forge/writer-analytics'
import { countOf } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { integer } from '../command/option.ts'
import { choiceOf, PIPELINE_LIMIT, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText, durationText } from '../output/format.ts'
import { DUE_COLUMN, STATE_COLUMN } from '../output/pipeline-columns.ts'
import { filledColumns, formatTable, type TableColumn } from '../output/table.ts'

export const pipelines = defineCommand({
  description: 'List pipelines with their state, their last runs, and when they are due; failed and late ones first',
  options: {
    ...PIPELINE_OPTIONS,
    runs: integer('Maximum number of runs in the strip of a pipeline', { min: 1, max: 90, default: 10 }),
    ...PIPELINE_LIMIT,
    ...ZONE_OPTION,
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
    const { runs, limit } = options
    const list = await listPipelines(await openSource(), { runs, limit, now: host.now, ...choiceOf(options) })
    await output.result(list, function* () {
      yield* list.pipelines.length === 0
        ? ['no pipeline matches']
        : formatTable(filledColumns(columnsFor(runs), list.pipelines), list.pipelines, output)
      if (list.otherPipelines > 0) yield `and ${countOf(list.otherPipelines, 'pipeline', 'pipelines')} more`
    })
  },
})

/** Returns a mark for each of the last runs; a dot is a run that was due and did not come. */
function stripText(state: PipelineState, runs: number): string {
  return stripMarksOf(state, runs)
    .map(({ kind }) => OUTCOME_MARKS[kind])
    .join('')
}

const columnsFor = (runs: number): readonly TableColumn<PipelineState>[] => [
  STATE_COLUMN,
  { header: 'pipeline', cell: ({ pipeline }) => pipeline },
  {
    header: 'last success',
    isTime: true,
    cell: ({ lastSuccess }, clock) => clock.minute(lastSuccess?.startedAt) || 'never',
    shrink: false,
  },
  { header: 'duration', align: 'right', cell: ({ lastRun }) => durationText(lastRun.durationSecs) },
  { header: 'change', align: 'right', cell: ({ duration }) => percentText(duration.changePercent) },
  { header: 'rows', align: 'right', cell: ({ lastRun }) => countText(lastRun.rowsProcessed) },
  { header: 'last runs', cell: (state) => stripText(state, runs), shrink: false },
  DUE_COLUMN,
  { header: 'owner', cell: ({ owner }) => owner ?? '' },
]

function percentText(percent: number | null): string {
  return percent === null ? '' : `${percent < 0 ? '' : '+'}${percent.toFixed(0)} %`
}
