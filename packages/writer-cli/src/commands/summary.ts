import {
  type AggregateRow,
  and,
  column,
  eq,
  gte,
  type LogTable,
  literal,
  ne,
  type Predicate,
  type Value,
} from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { integer, text } from '../command/option.ts'
import { startedAt } from '../command/row-filters.ts'
import { countText, durationText, percentText, timeText, valueText } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const summary = defineCommand({
  description: 'Print what ran: runs, steps, rows, durations, by phase',
  options: {
    days: integer('Only what started in the last days; default: everything', { short: 'd', min: 1 }),
    pipeline: text('Only this pipeline', { value: 'id' }),
  },
  examples: [
    { command: 'summary', does: 'everything that is recorded' },
    { command: 'summary --days 30 --pipeline shop', does: 'one pipeline in the last month' },
  ],
  async run({ options, output, host, openSource }) {
    const since = options.days && new Date(host.now().getTime() - options.days * 86_400_000)
    const where = [
      ...(since ? [gte(startedAt, literal(since))] : []),
      ...(options.pipeline === undefined ? [] : [eq('pipeline_id', options.pipeline)]),
    ]
    const source = await openSource()
    const table = await source.table()
    const [runs, steps, phases] = await Promise.all([
      runFigures(table, where),
      stepFigures(table, where),
      byPhase(table, where),
    ])
    const figures = { ...runs, ...steps }
    await output.result({ ...figures, phases }, function* () {
      for (const [name, value] of figureLines(figures))
        yield `${output.style('bold', name.padEnd(18))}  ${sanitize(value)}`
      yield ''
      yield* formatTable(PHASE_COLUMNS, phases, output)
    })
  },
})

/** A run succeeds when none of its rows failed. */
async function runFigures(table: LogTable, where: readonly Predicate[]) {
  const [row] = await table.aggregate({
    from: {
      ...(where.length > 0 && { where: and(...where) }),
      groupBy: [{ as: 'run', by: column('run_id') }],
      measures: [{ as: 'ok', fn: 'all', of: column('success') }],
    },
    measures: [
      { as: 'runs', fn: 'count' },
      { as: 'failed', fn: 'count', where: eq('ok', false) },
    ],
  })
  const total = Number(row?.runs ?? 0)
  const failed = Number(row?.failed ?? 0)
  return { runs: total, failedRuns: failed, successRatePercent: total > 0 ? ((total - failed) / total) * 100 : null }
}

const isStep = ne('phase', 'pipeline')

/** Figures count steps, never the row of the whole run beside them. */
async function stepFigures(table: LogTable, where: readonly Predicate[]) {
  const [row = {}] = await table.aggregate({
    where: and(isStep, ...where),
    measures: [
      { as: 'steps', fn: 'count' },
      { as: 'failedSteps', fn: 'count', where: eq('success', false) },
      { as: 'pipelines', fn: 'countDistinct', of: column('pipeline_id') },
      { as: 'rowsProcessed', fn: 'sum', of: column('rows_processed') },
      { as: 'rowsWritten', fn: 'sum', of: column('rows_written') },
      { as: 'averageDurationSecs', fn: 'avg', of: column('duration_secs') },
      { as: 'longestDurationSecs', fn: 'max', of: column('duration_secs') },
      { as: 'from', fn: 'min', of: startedAt },
      { as: 'to', fn: 'max', of: startedAt },
    ],
  })
  return row
}

function byPhase(table: LogTable, where: readonly Predicate[]): Promise<AggregateRow[]> {
  return table.aggregate({
    where: and(isStep, ...where),
    groupBy: [{ as: 'phase', by: column('phase') }],
    measures: [
      { as: 'steps', fn: 'count' },
      { as: 'failed', fn: 'count', where: eq('success', false) },
      { as: 'averageDurationSecs', fn: 'avg', of: column('duration_secs') },
      { as: 'rowsProcessed', fn: 'sum', of: column('rows_processed') },
    ],
    orderBy: [{ column: 'phase' }],
  })
}

function figureLines(figures: Readonly<Record<string, Value | undefined>>): [string, string][] {
  return [
    ['runs', `${countText(figures.runs)} (${countText(figures.failedRuns)} failed)`],
    ['runs that succeeded', percentText(figures.successRatePercent)],
    ['pipelines', countText(figures.pipelines)],
    ['steps', `${countText(figures.steps)} (${countText(figures.failedSteps)} failed)`],
    ['rows processed', countText(figures.rowsProcessed)],
    ['rows written', countText(figures.rowsWritten)],
    ['average step', durationText(figures.averageDurationSecs)],
    ['longest step', durationText(figures.longestDurationSecs)],
    ['first and last', `${timeText(figures.from)} to ${timeText(figures.to)}`],
  ]
}

const PHASE_COLUMNS: readonly TableColumn<AggregateRow>[] = [
  { header: 'phase', cell: ({ phase }) => valueText(phase) },
  { header: 'steps', align: 'right', cell: ({ steps }) => countText(steps) },
  { header: 'failed', align: 'right', cell: ({ failed }) => countText(failed) },
  { header: 'average', align: 'right', cell: ({ averageDurationSecs }) => durationText(averageDurationSecs) },
  { header: 'rows', align: 'right', cell: ({ rowsProcessed }) => countText(rowsProcessed) },
]
