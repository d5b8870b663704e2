import { batchRows, type Row } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { flag, integer } from '../command/option.ts'
import { LOG_ROW_COLUMNS } from '../output/log-rows.ts'
import { formatTable } from '../output/table.ts'

export const show = defineCommand({
  options: {
    limit: integer('Rows to print', { short: 'n', min: 1, default: 20 }),
    runs: flag('Only the row of each whole run'),
    stream: flag('With --json: one row per line (NDJSON)'),
  },
  examples: [
    { command: 'show', does: 'the newest 20 rows' },
    { command: 'show --runs -n 5', does: 'the last five runs' },
    { command: 'show --json --stream | jq .step_name', does: 'rows for another program' },
  ],
  async run({ options, output, openSource, signal }) {
    const source = await openSource()
    const table = await source.table()
    const rows: Row[] = []
    const batches = table.scan({
      orderBy: [
        { column: 'created_at', descending: true },
        { column: 'start_time', descending: true },
      ],
      limit: options.limit,
      signal,
      ...(options.runs && {
        where: {
          op: 'compare',
          operator: '=',
          left: { kind: 'column', name: 'phase' },
          right: { kind: 'literal', value: 'pipeline' },
        },
      }),
    })
    for await (const batch of batches) rows.push(...batchRows(batch))
    if (output.isJson && options.stream) {
      for (const row of rows) await output.jsonLine(row)
      return
    }
    await output.result({ rows }, () => formatTable(LOG_ROW_COLUMNS, rows, output))
  },
})
