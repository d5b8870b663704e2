import type { PolicyPlan, PruneResult } from '@forge/writer-analytics'
import type { RetentionSettings } from '@forge/writer-core'
import { bytesText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { choice, flag, number } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const prune = defineCommand({
  description: 'Delete rows past their retention period and free their space. Rows without a time are kept.',
  options: {
    dryRun: flag('Only show what would be deleted'),
    keepDays: number('Days to keep rows; overrides the setting retention', { value: 'days' }),
    keepFailuresDays: number('Days to keep failed runs; needs --keep-days', { value: 'days' }),
    vacuum: choice(
      ['none', 'allowed', 'everything'],
      'Space to free; allowed: files that no kept version needs; everything: also older versions',
      {
        default: 'allowed',
      },
    ),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'prune --dry-run', does: 'what the configured retention would delete' },
    { command: 'prune --keep-days 90 --keep-failures-days 365', does: 'set the retention without a config file' },
    { command: 'prune --vacuum everything', does: 'also delete older versions of a Delta table' },
  ],
  async run({ options, output, host, openSource }) {
    const retention = retentionOf(options)
    const { pruneTable } = await import('@forge/writer-analytics')
    const source = await openSource({ write: !options.dryRun })
    const result = await showProgress(output, 'pruning', () =>
      pruneTable(source, {
        now: host.now,
        dryRun: options.dryRun,
        vacuum: options.vacuum === 'everything' ? 'everything' : options.vacuum === 'allowed',
        retention,
      }),
    )
    await output.result(result, () => pruneLines(result, output))
  },
})

function retentionOf({
  keepDays,
  keepFailuresDays,
}: {
  readonly keepDays: number | undefined
  readonly keepFailuresDays: number | undefined
}): RetentionSettings | undefined {
  if (keepDays === undefined && keepFailuresDays !== undefined)
    throw new UsageError('--keep-failures-days needs --keep-days')
  return keepDays === undefined ? undefined : { keepDays, keepFailuresDays }
}

function* pruneLines(result: PruneResult, output: Output): Generator<string> {
  yield* formatTable(COLUMNS, result.policies, output)
  yield ''
  const undated = result.undatedRows > 0 ? `; ${countText(result.undatedRows)} rows without a time are kept` : ''
  if (result.dryRun) {
    const share = `${countText(result.rows)} of ${countText(result.totalRows)} rows would be deleted`
    yield `${share}, about ${bytesText(result.estimatedBytes)}${undated}`
    return
  }
  const freed = result.bytesFreed === null ? '' : `, ${bytesText(result.bytesFreed)} freed`
  yield `${countText(result.rowsDeleted)} of ${countText(result.totalRows)} rows deleted${freed}${undated}`
  if (result.note) yield result.note
}

const COLUMNS: readonly TableColumn<PolicyPlan>[] = [
  { header: 'pipeline', cell: ({ pipeline }) => pipeline, cut: 'middle', minWidth: 12 },
  { header: 'days', align: 'right', cell: ({ keepDays }) => String(keepDays) },
  { header: 'failures', align: 'right', cell: ({ keepFailuresDays }) => String(keepFailuresDays) },
  { header: 'before', isTime: true, cell: ({ before }, clock) => clock.second(before), shrink: false },
  { header: 'rows', align: 'right', cell: ({ rows }) => countText(rows) },
  { header: 'failed', align: 'right', cell: ({ failedRows }) => countText(failedRows), leaves: 2 },
  { header: 'runs', align: 'right', cell: ({ runs }) => countText(runs), leaves: 3 },
  { header: 'oldest', isTime: true, cell: ({ oldest }, clock) => clock.second(oldest), shrink: false, leaves: 1 },
]
