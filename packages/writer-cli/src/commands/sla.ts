import type { Breach, Objective } from '@forge/writer-analytics'
import type { ServiceLevelSettings } from '@forge/writer-core'
import { countOf, visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { exitOfVerdict, FAIL_ON_EMPTY } from '../command/fail-on-empty.ts'
import { assertKnownNames, isGlob } from '../command/known-names.ts'
import { integer, number, text } from '../command/option.ts'
import { choiceOf, OWNER_OPTIONS } from '../command/owner-options.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { countText, percentText } from '../output/format.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const sla = defineCommand({
  description:
    'Check runs against their service levels and show the remaining error budget. Service levels are set by serviceLevels in the config file or by the options below. Exits with 3 if one is violated.',
  options: {
    ...PERIOD_OPTIONS,
    ...OWNER_OPTIONS,
    pipeline: text('Pipeline or glob that the options below apply to', { value: 'glob', default: '*' }),
    maxDuration: number('Maximum duration of a run', { value: 'secs' }),
    minDuration: number('Minimum duration of a successful run', { value: 'secs' }),
    maxPerHour: integer('Maximum number of runs that start within an hour', { min: 1 }),
    maxConcurrent: integer('Maximum number of overlapping runs', { min: 1 }),
    startBy: text('Local time by which a run must start each day', { value: 'HH:MM' }),
    due: text('Local time by which a run must succeed each day', { value: 'HH:MM' }),
    minSuccess: number('Minimum share of runs that succeed', { value: 'percent', max: 100 }),
    objective: number('Share of runs and days that must meet the limits above', {
      value: 'percent',
      max: 100,
      default: 100,
    }),
    failOnEmpty: FAIL_ON_EMPTY,
  },
  examples: [
    { command: 'sla', does: 'configured service levels over the last 30 days' },
    {
      command: 'sla --pipeline shop --due 06:00 --time-zone Europe/Berlin',
      does: 'one service level without a config file',
    },
    { command: "sla --pipeline 'etl_*' --max-duration 600 --objective 99", does: 'all pipelines that match' },
  ],
  async run({ options, output, host, openSource, settings }) {
    const [{ checkServiceLevels }, { runningRuns }] = await Promise.all([
      import('@forge/writer-analytics'),
      import('../record/running-runs.ts'),
    ])
    const source = await openSource()
    const running = runningRuns(await settings(), host)
    const level = levelOf(options)
    if (level && !isGlob(level.pipeline)) await assertKnownNames(source, level)
    const report = await showProgress(output, 'checking runs', () =>
      checkServiceLevels(source, {
        ...periodOptions(options, { now: host.now, otherwise: 30 }),
        ...choiceOf(options),
        running,
        levels: level && [level],
      }),
    )
    await output.result(report, function* () {
      if (!report.available) {
        yield `not judged: ${report.reason}`
        return
      }
      yield* formatTable(COLUMNS, report.objectives, output)
      for (const glob of report.unmatched) yield visibleLine(`not judged: no pipeline in the log matches ${glob}`)
      if (report.nonFiniteRuns > 0) {
        yield `${countOf(report.nonFiniteRuns, 'run has', 'runs have')} a NaN or infinite duration, which was not judged`
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
  readonly timeZone: string | undefined
  readonly minSuccess: number | undefined
  readonly objective: number
}

function levelOf(options: LevelOptions): ServiceLevelSettings | undefined {
  const { pipeline, objective, timeZone = 'UTC', due, startBy, minSuccess } = options
  const limits = {
    maxDurationSecs: options.maxDuration,
    minDurationSecs: options.minDuration,
    maxRunsPerHour: options.maxPerHour,
    maxConcurrentRuns: options.maxConcurrent,
    startBy,
    dueTime: due,
    minSuccessRatePercent: minSuccess,
  }
  const hasLimit = Object.values(limits).some((limit) => limit !== undefined)
  return hasLimit ? { pipeline, objectivePercent: objective, timeZone, ...limits } : undefined
}

const MET_WORDS = { passed: 'yes', failed: 'no', notJudged: 'not judged' } as const

const COLUMNS: readonly TableColumn<Objective>[] = [
  { header: 'pipeline', cell: ({ pipeline }) => pipeline, cut: 'middle', minWidth: 14 },
  { header: 'target', cell: ({ target }) => target, minWidth: 16 },
  { header: 'met', cell: ({ verdict }) => MET_WORDS[verdict], shrink: false, style: metStyle },
  { header: 'share', align: 'right', cell: ({ keptPercent }) => percentText(keptPercent) },
  { header: 'required', align: 'right', cell: ({ requiredPercent }) => percentText(requiredPercent) },
  { header: 'checked', align: 'right', cell: ({ judged }) => countText(judged), leaves: 2 },
  { header: 'violated', align: 'right', cell: ({ broken }) => countText(broken), leaves: 1 },
  { header: 'budget left', align: 'right', cell: ({ errorBudget }) => percentText(errorBudget.leftPercent) },
]

function metStyle({ verdict }: Objective): 'green' | 'red' | 'yellow' {
  return ({ passed: 'green', failed: 'red', notJudged: 'yellow' } as const)[verdict]
}

const BREACH_COLUMNS: readonly TableColumn<Breach & { readonly objective: Objective }>[] = [
  { header: 'pipeline', cell: ({ objective }) => objective.pipeline, cut: 'middle', minWidth: 14 },
  { header: 'target', cell: ({ objective }) => objective.target, minWidth: 14, leaves: 1 },
  { header: 'when', isTime: true, cell: ({ at }, clock) => clock.second(at), shrink: false },
  { header: 'run', cell: ({ runId }) => runId ?? '', minWidth: 9 },
  { header: 'detail', cell: ({ detail }) => detail },
]
