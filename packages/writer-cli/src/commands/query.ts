import type { Row } from '@forge/writer-core'
import { newestFirst } from '@forge/writer-core/storage'
import { defineCommand } from '../command/command.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { integer, list } from '../command/option.ts'
import { parseOrder } from '../command/order.ts'
import { checkStream, printRows, ROW_OUTPUT } from '../command/print-rows.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { valueText } from '../output/format.ts'
import { LOG_ROW_COLUMNS } from '../output/log-rows.ts'
import type { TableColumn } from '../output/table.ts'

const DEFAULT_LIMIT = 50

export const query = defineCommand({
  description: 'Query rows of the log with filters and sorting',
  options: {
    ...ROW_FILTERS,
    columns: list('Columns to print, in this order', { short: 'c' }),
    order: list('Columns to sort by, such as duration_secs:desc; default: newest first', { short: 'o' }),
    limit: integer(`Maximum number of rows; default: ${DEFAULT_LIMIT}, with a note if there are more`, {
      short: 'n',
      min: 1,
    }),
    ...ROW_OUTPUT,
  },
  examples: [
    { command: 'query --failed --since 7d', does: 'what failed this week' },
    { command: 'query -w "duration_secs > 60" -o duration_secs:desc -n 10', does: 'the ten slowest steps' },
    { command: 'query -c step_name,rows_written --run run-42', does: 'two columns of one run' },
  ],
  async run({ options, output, host, openSource, signal }) {
    checkStream(options.stream, output)
    const filter = rowFilter(options, host.now())
    const asked = options.order?.map(parseOrder)
    const source = await openSource()
    await assertKnownNames(source, options)
    const table = await source.table()
    const { columns } = await table.info()
    const stored = columns.map(({ name }) => name)
    const where = await conditionFor(source, filter, options)
    const query = {
      orderBy: asked ?? newestFirst(columns),
      limit: options.limit ?? DEFAULT_LIMIT,
      signal,
      columns: options.columns,
      where,
    }
    await printRows(table, query, {
      ...options,
      columns: columnsOf(options.columns ?? (isLog(stored) ? undefined : stored)),
      output,
      noteMore: options.limit === undefined,
      explains: options.columns === undefined && isLog(stored),
    })
  },
})

/** Returns whether the columns are those of a log. For other tables, such as the verdicts of a log, all columns are shown. */
function isLog(columns: readonly string[]): boolean {
  return ['run_id', 'phase', 'step_name', 'success'].every((name) => columns.includes(name))
}

function columnsOf(names: readonly string[] | undefined): readonly TableColumn<Row>[] {
  return names?.map((name) => ({ header: name, cell: (row: Row) => valueText(row[name]) })) ?? LOG_ROW_COLUMNS
}
