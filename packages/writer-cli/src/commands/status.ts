import type { PipelineState } from '@forge/writer-analytics'
import { ageText, countOf, firstLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { choice } from '../command/option.ts'
import { choiceOf, knownSource, PIPELINE_LIMIT, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { DUE_COLUMN, STATE_COLUMN } from '../output/pipeline-columns.ts'
import { filledColumns, formatTable, type TableColumn } from '../output/table.ts'

/** The states that count as bad, by the value of --fail-on. */
const BAD = {
  late: ['failed', 'late'],
  failed: ['failed'],
  unknown: ['failed', 'late', 'unknown'],
  never: [],
} as const satisfies Readonly<Record<string, readonly PipelineState['state'][]>>

export const status = defineCommand({
  description:
    'Print one row per pipeline: state, last run, its age and when the pipeline is due; failed and late ones first. Exits with 3 if one has failed or is late, for cron and monitoring.',
  options: {
    ...PIPELINE_OPTIONS,
    failOn: choice(['late', 'failed', 'unknown', 'never'], 'Exit with 3 on this state or a worse one', {
      default: 'late',
    }),
    ...PIPELINE_LIMIT,
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'status', does: 'is everything all right?' },
    { command: 'status --pipeline shop --fail-on never', does: 'one pipeline, without a verdict' },
    { command: "status --json | jq -r '.pipelines[].lastRun.startedAt'", does: 'the last runs, for a script' },
  ],
  async run({ options, output, host, openSource }) {
    const { listPipelines } = await import('@forge/writer-analytics')
    const { limit } = options
    const list = await listPipelines(await knownSource(await openSource(), options), {
      limit,
      now: host.now,
      ...choiceOf(options),
    })
    await output.result(list, function* () {
      if (list.pipelines.length === 0) yield 'no pipeline matches'
      else yield* formatTable(filledColumns(columnsAt(list.at), list.pipelines), list.pipelines, output)
      if (list.otherPipelines > 0) yield `and ${countOf(list.otherPipelines, 'pipeline', 'pipelines')} more`
    })
    const bad: readonly string[] = BAD[options.failOn]
    return list.pipelines.some(({ state }) => bad.includes(state)) ? EXIT.breach : EXIT.ok
  },
})

function columnsAt(now: string): readonly TableColumn<PipelineState>[] {
  return [
    STATE_COLUMN,
    { header: 'pipeline', cell: ({ pipeline }) => pipeline, cut: 'middle', minWidth: 16 },
    {
      header: 'last run',
      isTime: true,
      cell: ({ lastRun }, clock) => clock.minute(lastRun.startedAt),
      shrink: false,
      leaves: 2,
    },
    { header: 'age', cell: ({ lastRun }) => ageText(lastRun.startedAt, now), shrink: false },
    DUE_COLUMN,
    {
      header: 'error',
      cell: ({ state, lastRun }) => (state === 'failed' ? firstLine(lastRun.errorMessage) : ''),
      minWidth: 16,
      leaves: 1,
    },
  ]
}
