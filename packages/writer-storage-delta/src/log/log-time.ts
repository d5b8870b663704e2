import type { Logger } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import type { ObjectStore } from '../store/object-store.ts'
import { temporaryName } from '../store/unfinished-file.ts'
import { commitPath, LOG_DIRECTORY } from './log-file-name.ts'
import { listLog } from './log-segment.ts'

/** The longest time without commits after which the clock is still trusted at once. */
const MAX_REST_MS = 90 * DAY_MS
/** The time for which commits must have been made after a longer rest before the clock is trusted. */
const PROOF_MS = DAY_MS

/** The sources from which the age of entries in the log is computed. */
export interface LogClock {
  readonly store: ObjectStore
  readonly settings: { readonly now: () => Date }
  readonly logger: Logger
}

/**
 * Returns the time against which entries of the log expire: that of the clock, but not later than the file system's, and not years after the newest
 * commits. So a clock that is wrong for an hour deletes no history. Logs a warning if the clock is not trusted.
 */
export async function logTime({ store, settings, logger }: LogClock): Promise<Date> {
  const clock = settings.now()
  const nowMs = Math.min(clock.getTime(), await storeTime(store))
  const believedMs = believedTime(await commitTimes(store), nowMs)
  if (clock.getTime() - believedMs > DAY_MS) {
    logger.warn(
      { location: store.location, clock: clock.toISOString(), believed: new Date(believedMs).toISOString() },
      'the clock is far ahead of the log, so nothing expires',
    )
  }
  return new Date(believedMs)
}

/** Returns the time of the clock that stamps files, in milliseconds. */
export async function storeTime(store: ObjectStore): Promise<number> {
  const path = LOG_DIRECTORY + temporaryName()
  const { modifiedMs } = await store.create(path, new Uint8Array())
  await store.delete([path])
  return modifiedMs
}

/** Returns the times of some of the commits, oldest first: the newest, and fewer and fewer of the older ones. */
async function commitTimes(store: ObjectStore): Promise<number[]> {
  const { commits } = await listLog(store)
  const sample: number[] = []
  for (let back = 1; back <= commits.length; back *= 2) sample.unshift(commits.at(-back) ?? 0)
  const infos = await store.heads(sample.map(commitPath))
  return infos.flatMap((info) => info?.modifiedMs ?? [])
}

/** Returns `nowMs`, or the time before a rest of months if only the commits of the last hours support the clock. */
export function believedTime(times: readonly number[], nowMs: number): number {
  const known = [...times.filter((ms) => ms <= nowMs), nowMs]
  const afterRest = known.findLastIndex((ms, at) => at > 0 && ms - (known[at - 1] ?? ms) > MAX_REST_MS)
  if (afterRest === -1 || nowMs - (known[afterRest] ?? nowMs) >= PROOF_MS) return nowMs
  return known[afterRest - 1] ?? nowMs
}
