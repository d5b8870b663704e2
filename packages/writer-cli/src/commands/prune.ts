import type { PolicyPlan, PruneResult } from '@forge/writer-analytics'
import type { RetentionSettings } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { choice, flag, number } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { bytesText, countText, timeText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { tellWhile } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const prune = defineCommand({
  description:
    'Delete rows that are older than the setting retention keeps them, and return their space. Rows without any time stay.',
  options: {
    dryRun: flag('Only say what would go'),
    keepDays: number('Days that rows are kept, in place of the setting', { value: 'days' }),
    keepFailuresDays: number('Days that failures are kept; needs --keep-days', { value: 'days' }),
    vacuum: choice(
      ['none', 'allowed', 'everything'],
      'Space to return: none; what no kept version needs; or all at once',
      {
        default: 'allowed',
      },
    ),
  },
  examples: [
    { command: 'prune --dry-run', does: 'what the retention of the config file would remove' },
    { command: 'prune --keep-days 90 --keep-failures-days 365', does: 'without a config file' },
    { command: 'prune --vacuum everything', does: 'also older versions of a Delta table' },
  ],
  async run({ options, output, host, openSource }) {
    const retention = retentionOf(options)
    const { pruneTable } = await import('@forge/writer-analytics')
    const source = await openSource({ write: !options.dryRun })
    const result = await tellWhile(output, 'pruning', () =>
      pruneTable(source, {
        now: host.now,
        dryRun: options.dryRun,
        vacuum: options.vacuum === 'everything' ? 'everything' : options.vacuum === 'allowed',
        ...(retention && { retention }),
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
  return keepDays === undefined ? undefined : { keepDays, ...(keepFailuresDays !== undefined && { keepFailuresDays }) }
}

function* pruneLines(result: PruneResult, output: Output): Generator<string> {
  yield* formatTable(COLUMNS, result.policies, output)
  yield ''
  const undated = result.undatedRows > 0 ? `, ${countText(result.undatedRows)} have no time and stay` : ''
  if (result.dryRun) {
    const share = `${countText(result.rows)} of ${countText(result.totalRows)} rows would go`
    yield `${share}, about ${bytesText(result.estimatedBytes)}${undated}`
    return
  }
  const freed = result.bytesFreed === null ? '' : `, ${bytesText(result.bytesFreed)} freed`
  yield `${countText(result.rowsDeleted)} of ${countText(result.totalRows)} rows deleted${freed}${undated}`
  if (result.note) yield result.note
}

const COLUMNS: readonly TableColumn<PolicyPlan>[] = [
  { header: 'pipeline', cell: ({ pipeline }) => pipeline },
  { header: 'days', align: 'right', cell: ({ keepDays }) => String(keepDays) },
  { header: 'failures', align: 'right', cell: ({ keepFailuresDays }) => String(keepFailuresDays) },
  { header: 'before', cell: ({ before }) => timeText(before), shrink: false },
  { header: 'rows', align: 'right', cell: ({ rows }) => countText(rows) },
  { header: 'failed', align: 'right', cell: ({ failedRows }) => countText(failedRows) },
  { header: 'runs', align: 'right', cell: ({ runs }) => countText(runs) },
  { header: 'oldest', cell: ({ oldest }) => timeText(oldest), shrink: false },
]
