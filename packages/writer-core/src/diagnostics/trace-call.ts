import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

/** The work that is published, with the context of each call. */
export interface TracedWork {
  /** A write call, from its rows to its commit. */
  readonly write: { readonly tableFqn: string; readonly batchId: string }
  /** A flush of a stream. */
  readonly flush: { readonly bufferedRows: number }
  /** The wait for the lock of a database. */
  readonly lock: LockWait
}

/** The wait for a lock. */
export interface LockWait {
  readonly key: string
  /** The process that holds the lock; set when it is known, while the wait goes on. */
  holder?: number | undefined
}

type Channel = TracingChannel<unknown, object>

const CHANNELS: Readonly<Record<keyof TracedWork, Channel>> = {
  write: tracingChannel('forge-writer:write'),
  flush: tracingChannel('forge-writer:flush'),
  lock: tracingChannel('forge-writer:lock'),
}

/** Calls `work`, and publishes its start and its end to the channel `forge-writer:<name>` of `node:diagnostics_channel` if somebody listens. */
export function traceCall<Name extends keyof TracedWork, Result>(
  name: Name,
  context: TracedWork[Name],
  work: (published: TracedWork[Name]) => Promise<Result>,
): Promise<Result> {
  const channel = CHANNELS[name]
  const published = { ...context }
  return hasSubscribers(channel) ? channel.tracePromise(() => work(published), published) : work(published)
}

function hasSubscribers({ start, end, asyncStart, asyncEnd, error }: Channel): boolean {
  return [start, end, asyncStart, asyncEnd, error].some((each) => each.hasSubscribers)
}
