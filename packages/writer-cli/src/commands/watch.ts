import { setTimeout as sleep } from 'node:timers/promises'
import {
  and,
  batchRows,
  eq,
  gte,
  type LogTable,
  type OrderBy,
  type Predicate,
  type Row,
  type ScanQuery,
  type TableSource,
} from '@forge/writer-core'
import { alertSettings } from '../command/alert-settings.ts'
import { defineCommand } from '../command/command.ts'
import { flag, integer, number } from '../command/option.ts'
import { choiceOf } from '../command/owner-options.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import type { Settings } from '../command/settings.ts'
import type { Host } from '../host.ts'
import { LOG_ROW_COLUMNS } from '../output/log-rows.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { warnOfLeft } from '../storage/hooks.ts'
import type { AlertWatch, AlertWatchOptions } from '../watch/watch-alerts.ts'

export const watch = defineCommand({
  description: 'Print the newest rows, then each new row as it is recorded, like tail -f, until Ctrl-C',
  isContinuous: true,
  options: {
    ...ROW_FILTERS,
    runs: flag('Only one row per run, without its steps'),
    lines: integer('Number of newest rows to print first', { short: 'n', default: 10 }),
    interval: number('Polling interval in seconds', { value: 'secs', min: 0.05, default: 2 }),
    count: integer('Stop after this many new rows', { min: 1 }),
    alerts: flag('Check new rows, of the given pipeline, owner and tags, and send alerts to the configured sinks'),
  },
  examples: [
    { command: 'watch', does: 'steps as they are recorded' },
    { command: 'watch --runs --failed', does: 'failed runs as they are recorded' },
    {
      command: 'watch --alerts',
      does: 'also send alerts on anomalies, failures, missing runs, violated service levels and recoveries',
    },
    { command: 'watch --json | jq .error_message', does: 'one row per line, for another program' },
  ],
  async run({ options, output, host, openSource, settings, signal }) {
    const filter = rowFilter(options, host.now())
    const source = await openSource({ mayBeMissing: true, write: options.alerts })
    const alerts = options.alerts
      ? await alertsOf(source, host, {
          settings: await settings(),
          choice: choiceOf(options),
          timeZone: options.timeZone,
          signal,
        })
      : undefined
    const table = await source.table()
    const { columns } = await table.info()
    const wanted = await conditionFor(source, filter, options, { isRunKnown: false })
    const where = and(...(wanted ? [wanted] : []), ...(options.runs ? [eq('phase', 'pipeline')] : []))
    const hasTimes = columns.some(({ name, type }) => name === 'created_at' && type === 'timestamp')
    const tail = followRows(table, where, hasTimes, host.now)
    const print = rowPrinter(output)
    await print(await tail.newest(options.lines, signal))
    try {
      for (let printed = 0; options.count === undefined || printed < options.count; ) {
        await sleep(options.interval * 1000, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
        const rows = await tail.added(signal)
        const left = options.count === undefined ? rows : rows.slice(0, options.count - printed)
        printed += left.length
        await print(left)
        await alerts?.checkWhenDue(left.length > 0)
      }
    } finally {
      const left = await alerts?.close()
      if (left) warnOfLeft(left, output)
    }
  },
})

/** Creates the watch that sends alerts while rows are followed. Throws UsageError if the setting `alerts` is empty. */
async function alertsOf(
  source: TableSource,
  host: Host,
  {
    settings,
    choice,
    timeZone,
    signal,
  }: Pick<AlertWatchOptions, 'choice' | 'timeZone' | 'signal'> & { readonly settings: Settings },
): Promise<AlertWatch> {
  const alerts = alertSettings(source.config, '--alerts')
  const [{ watchAlerts }, { runningRuns }] = await Promise.all([
    import('../watch/watch-alerts.ts'),
    import('../record/running-runs.ts'),
  ])
  const { env, now } = host
  return watchAlerts(source, {
    settings: alerts,
    env,
    now,
    running: () => runningRuns(settings, host),
    choice,
    signal,
    timeZone,
  })
}

const OLDEST_FIRST: readonly OrderBy[] = [{ column: 'created_at' }, { column: 'start_time' }]
const NEWEST_FIRST = OLDEST_FIRST.map((order) => ({ ...order, descending: true }))

/** Reads the rows of a table in the order in which they are recorded. */
interface RowTail {
  newest(count: number, signal: AbortSignal): Promise<Row[]>
  /** Returns the rows that were recorded since the last call. */
  added(signal: AbortSignal): Promise<Row[]>
}

/** The time before the newest row that a poll reads again: writers may commit in another order than that of their times of recording. */
const LOOK_BACK_MS = 60_000
const KEYS = ['run_id', 'execution_id', 'phase', 'step_name', 'created_at']

/** Follows a table. `hasTimes` is false if `created_at` is text, as in tables of the Python original; such text sorts like the times. */
function followRows(table: LogTable, where: Predicate, hasTimes: boolean, now: () => Date): RowTail {
  const fromTime = (time: string) => gte('created_at', hasTimes ? new Date(time) : time)

  let version = -2
  let since: string | undefined
  /** Keys of the rows recorded at or after `since`, with their times. */
  const seen = new Map<string, string>()

  async function read(query: ScanQuery): Promise<Row[]> {
    const rows: Row[] = []
    for await (const batch of table.scan(query)) rows.push(...batchRows(batch))
    return rows
  }

  function remember(rows: readonly Row[]): void {
    const times = rows.flatMap(({ created_at }) => (typeof created_at === 'string' ? created_at : []))
    const newest = times.toSorted().at(-1)
    if (newest === undefined || Number.isNaN(Date.parse(newest))) return
    // A time in the future must not hide the rows that are recorded until then.
    const latestMs = Math.min(Date.parse(newest), now().getTime())
    const from = new Date(latestMs - LOOK_BACK_MS).toISOString()
    if (since === undefined || from > since) since = from
    for (const row of rows) seen.set(keyOf(row), String(row.created_at))
    for (const [key, time] of seen) if (time < since) seen.delete(key)
  }

  return {
    async newest(count, signal) {
      version = (await table.info()).version
      // Existing rows are remembered even if none are to be shown.
      const rows = (await read({ where, orderBy: NEWEST_FIRST, limit: Math.max(1, count), signal })).reverse()
      remember(rows)
      if (since !== undefined) remember(await read({ columns: KEYS, where: and(where, fromTime(since)), signal }))
      return count === 0 ? [] : rows
    },
    async added(signal) {
      const { version: newest, exists } = await table.info()
      if (!exists || newest === version) return []
      version = newest
      const recent = since === undefined ? where : and(where, fromTime(since))
      const fresh = (await read({ where: recent, orderBy: OLDEST_FIRST, signal })).filter(
        (row) => !seen.has(keyOf(row)),
      )
      remember(fresh)
      return fresh
    },
  }
}

function keyOf(row: Row): string {
  return JSON.stringify(KEYS.map((name) => row[name]))
}

/** Returns a function that prints rows as JSON lines, or as lines of a table whose header is printed once. */
function rowPrinter(output: Output): (rows: readonly Row[]) => Promise<void> {
  let hasHeader = false
  return async (rows) => {
    if (output.isJson) {
      for (const row of rows) await output.jsonLine(row)
      return
    }
    if (rows.length === 0) return
    const lines = formatTable(LOG_ROW_COLUMNS, rows, output)
    await output.print(...(hasHeader ? lines.slice(1) : lines))
    hasHeader = true
  }
}
