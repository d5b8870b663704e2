import { alertStation, type LeftAlerts } from '@forge/writer-alerts'
import type { AlertSettings, TableSource } from '@forge/writer-core'
import { evaluationPass } from './evaluation-pass.ts'

/** Looks at a log from time to time, and alerts as the setting `alerts` says. */
export interface AlertWatch {
  /**
   * What was recorded since the last look, and what did not come. Resolves with the number of alerts when they are durable; they are sent in the
   * background.
   */
  look(): Promise<number>
  /** Looks when something was recorded and the last look is half a minute ago, and every five minutes: runs that do not come record nothing. */
  lookWhenDue(hasNews: boolean): Promise<void>
  /** What waits for its sink stays in the outbox; resolves with it. */
  close(): Promise<LeftAlerts>
}

export interface AlertWatchOptions {
  readonly settings: readonly AlertSettings[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** Zone of hours, days and weeks. Default `UTC`. */
  readonly timeZone?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Time before the start of the watch from which on is looked. */
const FIRST_LOOK_MS = 3_600_000
const NEWS_MS = 30_000
const NO_NEWS_MS = 300_000

/** Needs a source that may be written to. Throws WriterConfigurationError for settings of which no sink can be made. */
export function watchAlerts(
  source: TableSource,
  { settings, env, now, timeZone, signal }: AlertWatchOptions,
): AlertWatch {
  const station = alertStation(source, settings, { env, now })
  let since = new Date(now().getTime() - FIRST_LOOK_MS)
  let lookedMs = Number.NEGATIVE_INFINITY
  let hasNewsWaiting = false
  const self: AlertWatch = {
    async lookWhenDue(hasNews) {
      hasNewsWaiting ||= hasNews
      const waitMs = hasNewsWaiting ? NEWS_MS : NO_NEWS_MS
      if (now().getTime() - lookedMs < waitMs) return
      hasNewsWaiting = false
      await self.look()
    },
    async look() {
      const at = now()
      lookedMs = at.getTime()
      const counts = await evaluationPass(source, station, { since, at, timeZone, signal })
      // Also what an earlier watch left behind. A sink that hangs must not hold up what is watched.
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
