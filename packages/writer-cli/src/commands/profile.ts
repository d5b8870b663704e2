import type { Value } from '@forge/writer-core'
import type { ColumnProfile } from '@forge/writer-quality'
import { defineCommand } from '../command/command.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { flag, integer, list } from '../command/option.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import type { Clock } from '../output/clock.ts'
import { countText, percentText, valueText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const profile = defineCommand({
  description:
    'Profile the values of each column of the log: nulls, distinct values, minimum, maximum, quantiles, most frequent values',
  options: {
    columns: list('Columns to profile, in this order; default: all', { short: 'c' }),
    ...ROW_FILTERS,
    approximate: flag('Estimate distinct counts and quantiles with sketches: faster, accurate to a few percent'),
    top: integer('Number of most frequent values per column', { short: 'n', max: 1000, default: 5 }),
  },
  examples: [
    { command: 'profile', does: 'every column' },
    { command: 'profile -c duration_secs,phase --since 30d', does: 'two columns of the last month' },
    { command: 'profile --approximate --json', does: 'a large log, for a script' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const { profileLog } = await import('@forge/writer-quality')
    const filter = rowFilter(options, host.now())
    const source = await openSource()
    await assertKnownNames(source, options)
    const where = await conditionFor(source, filter, options)
    const found = await profileLog(source, {
      approximate: options.approximate,
      topValues: options.top,
      signal,
      columns: options.columns,
      where,
    })
    await output.result(found, function* () {
      yield* formatTable(COLUMNS, found.columns, output)
      yield ''
      yield `${countText(found.rows)} rows of ${found.tableFqn}${found.approximate ? ', approximate' : ''}`
    })
  },
})

const COLUMNS: readonly TableColumn<ColumnProfile>[] = [
  { header: 'column', cell: ({ name }) => name, shrink: false },
  { header: 'type', cell: ({ type }) => type, shrink: false },
  { header: 'nulls', align: 'right', cell: ({ nullShare }) => percentText(nullShare * 100) },
  { header: 'distinct', align: 'right', cell: ({ distinct }) => countText(distinct) },
  { header: 'min', cell: (column, clock) => shortText(column, column.min, clock), minWidth: 10 },
  { header: 'median', align: 'right', cell: ({ numbers }) => figureText(numbers?.quantiles.p50), leaves: 3 },
  { header: 'p99', align: 'right', cell: ({ numbers }) => figureText(numbers?.quantiles.p99), leaves: 2 },
  { header: 'max', cell: (column, clock) => shortText(column, column.max, clock), minWidth: 10 },
  { header: 'mean', align: 'right', cell: ({ numbers }) => figureText(numbers?.mean), leaves: 1 },
  {
    header: 'most frequent',
    minWidth: 14,
    leaves: 4,
    cell: (column, clock) =>
      column.topValues.map(({ value, count }) => `${shortText(column, value, clock)} (${countText(count)})`).join(', '),
  },
]

const MAX_CHARACTERS = 24

function shortText({ type }: ColumnProfile, value: Value, clock: Clock): string {
  if (typeof value === 'number') return figureText(value)
  const text = type === 'timestamp' ? clock.second(value) : valueText(value)
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text
}

function figureText(value: number | null | undefined): string {
  if (value === null || value === undefined) return ''
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 3 })
}
