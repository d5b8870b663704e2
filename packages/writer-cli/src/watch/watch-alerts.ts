import { alertStation, type LeftAlerts } from '@forge/writer-alerts'
import type { RowChoice, RunInProgress } from '@forge/writer-analytics'
import type { AlertSettings, TableSource } from '@forge/writer-core'
import { evaluationPass } from './evaluation-pass.ts'

/** Checks a log at intervals and sends alerts as configured by the setting `alerts`. */
export interface AlertWatch {
  /**
   * Checks what was recorded since the last check, and which runs are missing. Resolves with the number of new alerts once they are durable; they are
   * sent in the background.
   */
  check(): Promise<number>
  /** Checks if rows were recorded and the last check is 30 seconds ago, otherwise every five minutes, because missing runs record nothing. */
  checkWhenDue(hasNews: boolean): Promise<void>
  /** Stops sending. Resolves with the alerts that were not sent; they stay in the outbox. */
  close(): Promise<LeftAlerts>
}

export interface AlertWatchOptions {
  readonly settings: readonly AlertSettings[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** Alerts only about these rows; see the option of `evaluationPass`. Default: all. */
  readonly choice?: RowChoice | undefined
  /** Returns the runs that have started and not ended. Default: none. */
  readonly running?: (() => readonly RunInProgress[]) | undefined
  /** Time zone of hours, days and weeks. Default: `UTC`. */
  readonly timeZone?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The time before its start from which on the watch checks rows. */
const FIRST_CHECK_MS = 3_600_000
const NEWS_MS = 30_000
const NO_NEWS_MS = 300_000

/** Starts a watch. The source must be writable. Throws WriterConfigurationError for settings of which no sink can be made. */
export function watchAlerts(
  source: TableSource,
  { settings, env, now, choice, running, timeZone, signal }: AlertWatchOptions,
): AlertWatch {
  const station = alertStation(source, settings, { env, now })
  let since = new Date(now().getTime() - FIRST_CHECK_MS)
  let checkedMs = Number.NEGATIVE_INFINITY
  let hasNewsWaiting = false
  const self: AlertWatch = {
    async checkWhenDue(hasNews) {
      hasNewsWaiting ||= hasNews
      const waitMs = hasNewsWaiting ? NEWS_MS : NO_NEWS_MS
      if (now().getTime() - checkedMs < waitMs) return
      hasNewsWaiting = false
      await self.check()
    },
    async check() {
      const at = now()
      checkedMs = at.getTime()
      const counts = await evaluationPass(source, station, {
        choice,
        since,
        at,
        running: running?.(),
        timeZone,
        signal,
      })
      // This also sends what an earlier watch left behind. It is not awaited: a sink that hangs must not delay the watch.
      void station.deliver()
      since = at
      return Object.values(counts).reduce((sum: number, count: number) => sum + count, 0)
    },
    async close() {
      await station.close()
      return station.left()
    },
  }
  return self
}
