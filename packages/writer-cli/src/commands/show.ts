import { eq } from '@forge/writer-core'
import { newestFirst } from '@forge/writer-core/storage'
import { defineCommand } from '../command/command.ts'
import { flag, integer } from '../command/option.ts'
import { limitedSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { checkStream, printRows, ROW_OUTPUT } from '../command/print-rows.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { LOG_ROW_COLUMNS } from '../output/log-rows.ts'

export const show = defineCommand({
  options: {
    limit: integer('Maximum number of rows', { short: 'n', min: 1, default: 20 }),
    runs: flag('Only one row per run, without its steps'),
    ...PIPELINE_OPTIONS,
    ...ROW_OUTPUT,
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'show', does: 'the newest 20 rows' },
    { command: 'show --runs -n 5', does: 'the newest five runs' },
    { command: 'show --json --stream | jq .step_name', does: 'rows for another program' },
  ],
  async run({ options, output, openSource, signal }) {
    checkStream(options.stream, output)
    const table = await (await limitedSource(await openSource(), options)).table()
    const query = {
      orderBy: newestFirst((await table.info()).columns),
      limit: options.limit,
      signal,
      where: options.runs ? eq('phase', 'pipeline') : undefined,
    }
    await printRows(table, query, { ...options, columns: LOG_ROW_COLUMNS, output, explains: true })
  },
})
