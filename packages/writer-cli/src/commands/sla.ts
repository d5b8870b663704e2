import type { Breach, Objective } from '@forge/writer-analytics'
import type { ServiceLevelSettings } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { exitOfVerdict, FAIL_ON_EMPTY } from '../command/fail-on-empty.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { integer, number, text } from '../command/option.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { countOf } from '../output/caveats.ts'
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
    minDuration: number('Shortest run that succeeds', { value: 'secs' }),
    maxPerHour: integer('Runs that may start within an hour', { min: 1 }),
    maxConcurrent: integer('Runs that may overlap', { min: 1 }),
    startBy: text('Local time by which a run must have started each day', { value: 'HH:MM' }),
    due: text('Local time by which a run must have succeeded each day', { value: 'HH:MM' }),
    timeZone: text('Zone of --due and --start-by', { value: 'zone', default: 'UTC' }),
    minSuccess: number('Least share of runs that succeed', { value: 'percent', max: 100 }),
    objective: number('Share of runs and days that must keep the limits and times', {
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
      if (report.nonFiniteRuns > 0) {
        yield `${countOf(report.nonFiniteRuns, 'run has', 'runs have')} a duration that is NaN or infinite; it was not judged`
      }
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
  readonly minDuration: number | undefined
  readonly maxPerHour: number | undefined
  readonly maxConcurrent: number | undefined
  readonly startBy: string | undefined
  readonly due: string | undefined
  readonly timeZone: string
  readonly minSuccess: number | undefined
  readonly objective: number
}

function levelOf(options: LevelOptions): ServiceLevelSettings | undefined {
  const { pipeline, objective, timeZone, due, startBy, minSuccess } = options
  const promised = {
    ...(options.maxDuration !== undefined && { maxDurationSecs: options.maxDuration }),
    ...(options.minDuration !== undefined && { minDurationSecs: options.minDuration }),
    ...(options.maxPerHour !== undefined && { maxRunsPerHour: options.maxPerHour }),
    ...(options.maxConcurrent !== undefined && { maxConcurrentRuns: options.maxConcurrent }),
    ...(startBy !== undefined && { startBy, timeZone }),
    ...(due !== undefined && { dueTime: due, timeZone }),
    ...(minSuccess !== undefined && { minSuccessRatePercent: minSuccess }),
  }
  return Object.keys(promised).length === 0 ? undefined : { pipeline, objectivePercent: objective, ...promised }
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
