import type { Logger } from '@forge/writer-core'
import type { ObjectStore } from '../store/object-store.ts'
import { temporaryName } from '../store/unfinished-file.ts'
import { commitPath, LOG_DIRECTORY } from './log-file-name.ts'
import { listLog } from './log-segment.ts'

const DAY_MS = 86_400_000
/** A table may rest for so long, and its log is believed right after. */
const MAX_REST_MS = 90 * DAY_MS
/** After a longer rest, what the clock says is believed once commits have been made for so long. */
const PROOF_MS = DAY_MS

/** What decides how old something in the log is. */
export interface LogClock {
  readonly store: ObjectStore
  readonly settings: { readonly now: () => Date }
  readonly logger: Logger
}

/**
 * The time by which what is old in the log goes: that of the clock, but no later than the file system's, and not years after the newest commits that
 * others made. A clock that is wrong for an hour so drops no history. It is logged if the clock is not believed.
 */
export async function logTime({ store, settings, logger }: LogClock): Promise<Date> {
  const clock = settings.now()
  const nowMs = Math.min(clock.getTime(), await storeTime(store))
  const believedMs = believedTime(await commitTimes(store), nowMs)
  if (clock.getTime() - believedMs > DAY_MS) {
    logger.warn(
      { location: store.location, clock: clock.toISOString(), believed: new Date(believedMs).toISOString() },
      'the clock is far ahead of the log, so that nothing expires by it',
    )
  }
  return new Date(believedMs)
}

/** The time by the clock that files are stamped with, in milliseconds. */
export async function storeTime(store: ObjectStore): Promise<number> {
  const path = LOG_DIRECTORY + temporaryName()
  const { modifiedMs } = await store.create(path, new Uint8Array())
  await store.delete(path)
  return modifiedMs
}

/** When some of the commits were made, oldest first: the newest, and ever fewer of those before. */
async function commitTimes(store: ObjectStore): Promise<number[]> {
  const { commits } = await listLog(store)
  const sample: number[] = []
  for (let back = 1; back <= commits.length; back *= 2) sample.unshift(commits.at(-back) ?? 0)
  const infos = await Promise.all(sample.map((version) => store.head(commitPath(version))))
  return infos.flatMap((info) => info?.modifiedMs ?? [])
}

/** `nowMs`, or the time before a rest of months after which nothing but the last hours speaks for it. */
export function believedTime(times: readonly number[], nowMs: number): number {
  const known = [...times.filter((ms) => ms <= nowMs), nowMs]
  const afterRest = known.findLastIndex((ms, at) => at > 0 && ms - (known[at - 1] ?? ms) > MAX_REST_MS)
  if (afterRest === -1 || nowMs - (known[afterRest] ?? nowMs) >= PROOF_MS) return nowMs
  return known[afterRest - 1] ?? nowMs
}
