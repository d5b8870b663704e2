import type { QuarantinedRow } from '@forge/writer-quality'
import { defineCommand } from '../command/command.ts'
import { integer, text } from '../command/option.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { valueText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const quarantineList = defineCommand({
  description: 'List the rows in quarantine, newest first, with the rules that they break',
  options: {
    where: text('Condition such as "phase = \'gold\'"', { short: 'w' }),
    limit: integer('Maximum number of rows', { short: 'n', min: 1, default: 50 }),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'quarantine list', does: 'the newest quarantined rows' },
    { command: 'quarantine list -w "pipeline_id = \'orders\'" --json', does: 'all values, for a script' },
  ],
  async run({ options, output, openSource }) {
    const { listQuarantine } = await import('@forge/writer-quality')
    const rows = await listQuarantine(await openSource({ tableMayBeMissing: true }), {
      limit: options.limit,
      where: options.where,
    })
    await output.result({ rows }, function* () {
      if (rows.length === 0) yield 'no rows in quarantine'
      else yield* formatTable(COLUMNS, rows, output)
    })
  },
})

const COLUMNS: readonly TableColumn<QuarantinedRow>[] = [
  { header: 'id', cell: ({ id }) => id, shrink: false },
  {
    header: 'quarantined',
    isTime: true,
    cell: ({ quarantinedAt }, clock) => clock.second(quarantinedAt),
    shrink: false,
  },
  { header: 'run', cell: ({ row }) => valueText(row.run_id), minWidth: 9, leaves: 1 },
  { header: 'pipeline', cell: ({ row }) => valueText(row.pipeline_id), cut: 'middle', minWidth: 12, leaves: 2 },
  { header: 'step', cell: ({ row }) => valueText(row.step_name), cut: 'middle', minWidth: 12 },
  { header: 'breaks', cell: ({ reasons }) => reasons.map(({ rule }) => rule).join(', ') },
]
