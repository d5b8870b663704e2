import { type DetectOptions, detectAnomalies, evaluateDetection } from '@forge/writer-anomaly'
import { type Anomaly, type AnomalySeverity, isAtLeast, SEVERITIES, type Verdict } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { explain } from '../anomalies/explain.ts'
import { countJudgedSteps, type JudgedSteps } from '../anomalies/judged-steps.ts'
import { defineCommand } from '../command/command.ts'
import { exitOfVerdict, FAIL_ON_EMPTY } from '../command/fail-on-empty.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { parseMoment } from '../command/moment.ts'
import { choice, flag, list, number, text } from '../command/option.ts'
import { limitedSource, OWNER_OPTIONS } from '../command/owner-options.ts'
import { zone } from '../command/zone-option.ts'
import { sparkline } from '../output/spark.ts'
import type { StyleFormat } from '../output/style.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const anomalies = defineCommand({
  description: `Compare recorded runs with their history, and report missing runs.

Each anomaly is stored once in <table>_anomalies. Anomalies that have a known cause or were already reported are hidden unless --all is given.`,
  options: {
    since: text('Only rows that started at or after this time, such as 7d, 12h or 2024-01-31; default: 7d', {
      value: 'time',
    }),
    pipeline: text('Only this pipeline', { value: 'id' }),
    ...OWNER_OPTIONS,
    sensitivity: number('Higher values find more anomalies and raise more false alarms', {
      min: 0.25,
      max: 4,
      default: 1,
    }),
    timeZone: zone(
      'Time zone of hours, weekdays, holidays and printed times, and of given times without a zone; default: UTC',
    ),
    holidays: list('Holidays to exclude from detection, such as 2024-12-25'),
    failOn: choice([...SEVERITIES, 'never'], 'Exit with 3 if an anomaly has at least this severity', {
      default: 'error',
    }),
    failOnEmpty: FAIL_ON_EMPTY,
    all: flag('Also show suppressed anomalies'),
    dryRun: flag('Do not store the anomalies'),
    explain: text(
      'Explain a stored anomaly: what it means and how it was detected; the beginning of its id is enough',
      { value: 'id' },
    ),
  },
  examples: [
    { command: 'anomalies', does: 'anomalies of the last week' },
    { command: 'anomalies --since 2024-01-01 --pipeline orders', does: 'one pipeline since a date' },
    { command: 'anomalies --fail-on critical --json', does: 'in a script or a CI job' },
    { command: 'anomalies --explain 3f2a', does: 'explain one anomaly' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const now = host.now()
    if (options.explain !== undefined) {
      await explain(await openSource(), options.explain, output)
      return undefined
    }
    const log = await openSource({ write: !options.dryRun })
    await assertKnownNames(log, options)
    const source = await limitedSource(log, { owner: options.owner, tag: options.tag })
    const since = parseMoment(options.since ?? '7d', now, options.timeZone)
    const settings: DetectOptions = {
      since,
      sensitivity: options.sensitivity,
      store: !options.dryRun,
      now: () => now,
      signal,
      timeZone: options.timeZone,
      pipeline: options.pipeline,
      holidays: options.holidays,
    }
    const stored = await detectAnomalies(source, settings)
    const { since: _since, pipeline: _pipeline, ...same } = settings
    const missing = await evaluateDetection(source, same)
    const found = mergeById([stored.anomalies, missing.anomalies], options.pipeline)
    const suppressed = options.all ? mergeById([stored.suppressed, missing.suppressed], options.pipeline) : []
    const basis = await countJudgedSteps(source, { since, now, pipeline: options.pipeline })
    const verdict = verdictOf(found, basis, options.failOn)
    const shown = [...found, ...suppressed].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1))
    const result = { verdict, anomalyCount: found.length, rowsJudged: stored.rowsJudged, ...basis, anomalies: shown }
    await output.result(result, function* () {
      if (verdict === 'notJudged') yield notJudgedText(basis)
      else if (shown.length === 0) yield `no anomalies in ${stored.rowsJudged} rows`
      else yield* formatTable(COLUMNS, shown, output)
      for (const { id, description } of shown) yield `${output.style('gray', id)}  ${visibleLine(description)}`
    })
    return exitOfVerdict({ verdict, failOnEmpty: options.failOnEmpty, env: host.env })
  },
})

/** Returns each anomaly of the lists once; with `pipeline` only those of this pipeline. */
function mergeById(lists: readonly (readonly Anomaly[])[], pipeline: string | undefined): Anomaly[] {
  const byId = new Map(lists.flat().map((each) => [each.id, each]))
  return [...byId.values()].filter((each) => pipeline === undefined || each.pipeline === pipeline)
}

type Severity = AnomalySeverity | 'never'

/** Returns `notJudged` if nothing was found because there are no rows, or no history to compare them with. */
function verdictOf(found: readonly Anomaly[], { steps, withoutHistory }: JudgedSteps, failOn: Severity): Verdict {
  if (found.some(({ severity }) => isBreach(severity, failOn))) return 'failed'
  return found.length === 0 && withoutHistory === steps ? 'notJudged' : 'passed'
}

function notJudgedText({ steps }: JudgedSteps): string {
  return steps === 0
    ? 'not judged: no rows started in this period'
    : `not judged: none of the ${steps} steps has enough history`
}

function isBreach(severity: AnomalySeverity, min: AnomalySeverity | 'never'): boolean {
  return min !== 'never' && isAtLeast(severity, min)
}

const COLUMNS: readonly TableColumn<Anomaly>[] = [
  { header: 'when', isTime: true, cell: ({ occurredAt }, clock) => clock.second(occurredAt), shrink: false },
  { header: 'severity', cell: ({ severity }) => severity, shrink: false, style: ({ severity }) => STYLES[severity] },
  { header: 'anomaly', cell: ({ type }) => type, shrink: false },
  { header: 'pipeline', cell: ({ pipeline }) => pipeline, cut: 'middle', minWidth: 12 },
  { header: 'step', cell: ({ phase, step }) => (step === null ? '' : `${phase}.${step}`), cut: 'middle', minWidth: 14 },
  { header: 'history', cell: ({ evidence }) => sparkline(evidence?.historyTail ?? []), shrink: false, leaves: 1 },
  { header: 'suppressed by', cell: ({ suppressedBy }) => suppressedBy ?? '', minWidth: 9, leaves: 2 },
]

const STYLES: Readonly<Record<AnomalySeverity, StyleFormat>> = {
  info: 'gray',
  warning: 'yellow',
  error: 'red',
  critical: 'magenta',
}
