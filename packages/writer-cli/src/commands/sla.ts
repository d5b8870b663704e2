import type { Breach, Objective } from '@forge/writer-analytics'
import type { ServiceLevelSettings } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { exitOfVerdict, FAIL_ON_EMPTY } from '../command/fail-on-empty.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { number, text } from '../command/option.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { countText, percentText, timeText } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { tellWhile } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const sla = defineCommand({
  description:
    'Judge runs by their service levels, and tell what is left of the error budgets. Levels come from the setting serviceLevels, or from the options. Exit code 3 when one is broken.',
  options: {
    ...PERIOD_OPTIONS,
    pipeline: text('Pipeline, or glob, of the level that the options give', { value: 'glob', default: '*' }),
    maxDuration: number('Longest run', { value: 'secs' }),
    due: text('Local time by which a run must have succeeded each day', { value: 'HH:MM' }),
    timeZone: text('Zone of --due', { value: 'zone', default: 'UTC' }),
    minSuccess: number('Least share of runs that succeed', { value: 'percent', max: 100 }),
    objective: number('Share of runs and days that must keep --max-duration and --due', {
      value: 'percent',
      max: 100,
      default: 100,
    }),
    failOnEmpty: FAIL_ON_EMPTY,
  },
  examples: [
    { command: 'sla', does: 'the levels of the config file, over 30 days' },
    { command: 'sla --pipeline shop --due 06:00 --time-zone Europe/Berlin', does: 'one level, without a config file' },
    { command: "sla --pipeline 'etl_*' --max-duration 600 --objective 99", does: 'all pipelines that fit' },
  ],
  async run({ options, output, host, openSource }) {
    const { checkServiceLevels } = await import('@forge/writer-analytics')
    const source = await openSource()
    const level = levelOf(options)
    if (level && !isGlob(level.pipeline)) await assertKnownNames(source, level)
    const report = await tellWhile(output, 'judging runs', () =>
      checkServiceLevels(source, {
        ...periodOptions(options, { now: host.now, otherwise: 30 }),
        ...(level && { levels: [level] }),
      }),
    )
    await output.result(report, function* () {
      if (!report.available) {
        yield `nothing judged: ${report.reason}`
        return
      }
      yield* formatTable(COLUMNS, report.objectives, output)
      for (const glob of report.unmatched) yield sanitize(`not judged: no pipeline of the log fits ${glob}`)
      const breaches = report.objectives.flatMap((objective) =>
        objective.breaches.map((each) => ({ objective, ...each })),
      )
      if (breaches.length === 0) return
      yield ''
      yield* formatTable(BREACH_COLUMNS, breaches, output)
    })
    return exitOfVerdict({ verdict: report.verdict, failOnEmpty: options.failOnEmpty, env: host.env })
  },
})

interface LevelOptions {
  readonly pipeline: string
  readonly maxDuration: number | undefined
  readonly due: string | undefined
  readonly timeZone: string
  readonly minSuccess: number | undefined
  readonly objective: number
}

function levelOf({
  pipeline,
  maxDuration,
  due,
  timeZone,
  minSuccess,
  objective,
}: LevelOptions): ServiceLevelSettings | undefined {
  if (maxDuration === undefined && due === undefined && minSuccess === undefined) return undefined
  return {
    pipeline,
    objectivePercent: objective,
    ...(maxDuration !== undefined && { maxDurationSecs: maxDuration }),
    ...(due !== undefined && { dueTime: due, timeZone }),
    ...(minSuccess !== undefined && { minSuccessRatePercent: minSuccess }),
  }
}

const KEPT_WORDS = { passed: 'yes', failed: 'no', notJudged: 'not judged' } as const

function isGlob(pipeline: string): boolean {
  return /[*?]/.test(pipeline)
}

const COLUMNS: readonly TableColumn<Objective>[] = [
  { header: 'pipeline', cell: ({ pipeline }) => pipeline },
  { header: 'target', cell: ({ target }) => target },
  { header: 'kept', cell: ({ verdict }) => KEPT_WORDS[verdict], shrink: false, style: keptStyle },
  { header: 'share', align: 'right', cell: ({ keptPercent }) => percentText(keptPercent) },
  { header: 'required', align: 'right', cell: ({ requiredPercent }) => percentText(requiredPercent) },
  { header: 'judged', align: 'right', cell: ({ judged }) => countText(judged) },
  { header: 'broken', align: 'right', cell: ({ broken }) => countText(broken) },
  { header: 'budget left', align: 'right', cell: ({ errorBudget }) => percentText(errorBudget.leftPercent) },
]

function keptStyle({ verdict }: Objective): 'green' | 'red' | 'yellow' {
  return ({ passed: 'green', failed: 'red', notJudged: 'yellow' } as const)[verdict]
}

const BREACH_COLUMNS: readonly TableColumn<Breach & { readonly objective: Objective }>[] = [
  { header: 'pipeline', cell: ({ objective }) => objective.pipeline },
  { header: 'target', cell: ({ objective }) => objective.target },
  { header: 'when', cell: ({ at }) => timeText(at), shrink: false },
  { header: 'run', cell: ({ runId }) => runId ?? '' },
  { header: 'what', cell: ({ detail }) => detail },
]
