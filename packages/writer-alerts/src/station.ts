import type { AlertSettings, TableSource } from '@forge/writer-core'
import { assertOptions, DAY_MS, type OptionChecks, option } from '@forge/writer-core/storage'
import type { Alert } from './alert.ts'
import { type Courier, courier } from './delivery/courier.ts'
import type { DeliverOptions } from './delivery/delivery-pass.ts'
import { quietHours } from './delivery/quiet-hours.ts'
import { recoveries } from './incidents/recoveries.ts'
import { checkLinkTemplate } from './link.ts'
import { type OpenIncident, type Outbox, openOutbox } from './outbox/outbox.ts'
import type { OutboxEntry } from './outbox/outbox-entry.ts'
import { newOwner } from './outbox/process-identity.ts'
import { MIN_KEEP_MS } from './outbox/prune-outbox.ts'
import { entriesFor, type Route } from './routing.ts'
import { sinkKey, sinkOf } from './sinks/from-settings.ts'
import type { AlertSink } from './sinks/sink.ts'

export interface StationOptions {
  /** The variables that `secretEnv` names. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly now?: (() => Date) | undefined
  readonly random?: (() => number) | undefined
  /** The maximum time of a sink for one message, in milliseconds. Default 10000. */
  readonly timeoutMs?: number | undefined
  /** The age in milliseconds at which an alert that no sink accepts is given up; it stays in the outbox. Default 259200000 (three days). */
  readonly giveUpMs?: number | undefined
  /**
   * The time in milliseconds, beyond `timeoutMs`, for which a message is left to the process that was sending it if that process cannot be checked,
   * as on another machine. Default 600000.
   */
  readonly takeOverMs?: number | undefined
  /**
   * The age in milliseconds at which an alert that was sent or given up is removed from the outbox, at least 259200000 (three days). Default 2592000000
   * (thirty days). At most 20,000 of them are kept that are older than three days. If the alert is raised again later, it is sent again.
   */
  readonly keepMs?: number | undefined
  /** The time in milliseconds for which closing waits for messages that are being sent. Default 3000. */
  readonly closeTimeoutMs?: number | undefined
  /** Creates the sink of a setting, instead of the built-in ones. */
  readonly sinkFor?: ((settings: AlertSettings) => AlertSink | undefined) | undefined
}

/** A station, which raises and sends the alerts of one log. */
export interface AlertStation {
  /**
   * Raises alerts. Resolves with those that are new to a sink, once they are durable; they are sent in the background. Alerts that cannot be stored,
   * as on a full disk, are held in memory, sent nevertheless, and stored later.
   */
  raise(alerts: readonly Alert[]): Promise<readonly Alert[]>
  /** Raises the end of each outage that is over according to the log, or only of `pipelines`. Resolves with their number. */
  raiseRecoveries(pipelines?: ReadonlySet<string>): Promise<number>
  /** Returns the incidents that were raised and have not ended. */
  openIncidents(): Promise<readonly OpenIncident[]>
  /** Sends all alerts that are due, including those of an earlier process. Never rejects: failures are reported to the logger. */
  deliver(): Promise<void>
  /**
   * Sends alerts like {@link AlertStation.deliver}, and also those that wait for their next attempt, for their sink, or for the end of quiet hours;
   * with `dead` also those that were given up. Rejects if the outbox cannot be used.
   */
  flush(options?: { readonly dead?: boolean | undefined }): Promise<void>
  readonly waiting: number
  /** Returns the number of alerts that are known to be pending. */
  left(): LeftAlerts
  /** Stops the timers, and unfinished deliveries after `closeTimeoutMs`. Pending alerts stay in the outbox. */
  close(): Promise<void>
}

/** The alerts that were not sent. */
export interface LeftAlerts {
  readonly waiting: readonly OutboxEntry[]
  /** The number of alerts, or of records of delivery, that could not be stored: they are lost with the process. */
  readonly unstored: number
}

const MAX_TIMER_MS = 15 * 60_000

interface CourierRoute extends Route {
  readonly courier: Courier
}

/**
 * Creates the station with the sinks of the settings; throws WriterConfigurationError if one is invalid. An alert is sent to each setting that
 * matches its kind, severity, pipeline, tags and owner.
 */
export function alertStation(
  source: TableSource,
  settings: readonly AlertSettings[],
  options: StationOptions = {},
): AlertStation {
  assertOptions('alertStation', options, STATION_CHECKS)
  const { now = () => new Date(), closeTimeoutMs = 3000 } = options
  const closing = new AbortController()
  const outbox = lazyOutbox(source)
  const routes = settings.map((setting): CourierRoute => {
    const made = courierOf(source, setting, { ...options, outbox, closing: closing.signal })
    return { setting, key: made.key, courier: made }
  })
  const rounds = deliveryRounds(
    routes.map((route) => route.courier),
    { now, prune: dailyPruning(outbox, source, options) },
  )
  const left = (): LeftAlerts => ({
    waiting: routes.flatMap((route) => route.courier.waiting()),
    unstored: routes.reduce((sum, route) => sum + route.courier.unstored, 0),
  })
  const raise = async (alerts: readonly Alert[]) => {
    const entries = await entriesFor(alerts, routes, { source, outbox, at: now() })
    const give = (to: 'accept' | 'hold', given: readonly OutboxEntry[]) => {
      for (const { courier: each } of routes) each[to](given.filter(({ sink }) => sink === each.key))
    }
    let fresh: readonly OutboxEntry[] = entries
    try {
      fresh = await (await outbox()).add(entries)
      give('accept', fresh)
    } catch (error) {
      source.logger.error({ alerts: entries.length, error }, 'alerts could not be stored; they are sent from memory')
      give('hold', entries)
    }
    void rounds.next({ look: rounds.count === 0, isFinal: false })
    return [...new Map(fresh.map(({ alert }) => [alert.id, alert])).values()]
  }
  return {
    raise,
    openIncidents: async () => (await outbox()).openIncidents(),
    async raiseRecoveries(pipelines) {
      const open = await (await outbox()).openIncidents()
      const ended = await recoveries(source, open, pipelines)
      return ended.length === 0 ? 0 : (await raise(ended)).length
    },
    deliver: () => rounds.next({ look: true, isFinal: true }),
    async flush(asked = {}) {
      assertOptions('flush', asked, { dead: option.flag })
      const { dead = false } = asked
      const box = await outbox()
      if (dead) await box.revive(routes.map((route) => route.courier.key))
      await rounds.next({ look: true, isFinal: true, isForced: true })
    },
    left,
    get waiting() {
      return left().waiting.length
    },
    async close() {
      const leave = setTimeout(() => closing.abort(), closeTimeoutMs)
      await rounds.end()
      clearTimeout(leave)
      const { waiting, unstored } = left()
      if (waiting.length > 0) source.logger.warn({ alerts: waiting.length }, 'alerts wait in the outbox')
      if (unstored > 0) source.logger.error({ alerts: unstored }, 'alerts, or marks that they were sent, are lost')
    },
  }
}

function lazyOutbox(source: TableSource): () => Promise<Outbox> {
  let opening: Promise<Outbox> | undefined
  return () => {
    opening ??= openOutbox(source)
    opening.catch(() => {
      opening = undefined
    })
    return opening
  }
}

const MAX_ENTRIES = 20_000

/** Returns a function that removes old entries from the outbox, once a day. It never rejects. */
function dailyPruning(
  outbox: () => Promise<Outbox>,
  { logger }: TableSource,
  { now = () => new Date(), keepMs = 30 * DAY_MS }: StationOptions,
): () => Promise<void> {
  let lastMs = Number.NEGATIVE_INFINITY
  return async () => {
    const at = now()
    if (at.getTime() - lastMs < DAY_MS) return
    lastMs = at.getTime()
    try {
      await (await outbox()).prune({ now: at, keepMs, maxEntries: MAX_ENTRIES })
    } catch (error) {
      logger.warn({ error }, 'old alerts could not be removed from the outbox')
    }
  }
}

interface DeliveryRounds {
  /** The number of alerts. */
  readonly count: number
  next(options: DeliverOptions): Promise<void>
  /** Sends the gathered alerts, and stops. */
  end(): Promise<void>
}

/** Creates the rounds of delivery: one at a time, each to all sinks at once, so that a sink that hangs does not delay the others. */
function deliveryRounds(
  couriers: readonly Courier[],
  { now, prune }: { readonly now: () => Date; readonly prune: () => Promise<void> },
): DeliveryRounds {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let count = 0
  let isClosed = false
  const arm = () => {
    clearTimeout(timer)
    const next = couriers.flatMap((each) => each.nextMs() ?? [])
    if (isClosed || next.length === 0) return
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(0, Math.min(...next) - now().getTime()))
    timer = setTimeout(() => void run({ look: false, isFinal: false }), delayMs)
    timer.unref()
  }
  const run = (options: DeliverOptions) => {
    count++
    running = running.then(async () => {
      await Promise.all(couriers.map((each) => each.deliver(options)))
      if (options.look) await prune()
      arm()
    })
    return running
  }
  return {
    get count() {
      return count
    },
    next: run,
    async end() {
      isClosed = true
      clearTimeout(timer)
      await running
      const unfinished = couriers.filter((each) => each.isGathering || each.unstored > 0)
      await Promise.all(unfinished.map((each) => each.deliver({ look: false, isFinal: true })))
    },
  }
}

/** Throws WriterConfigurationError if a setting does not describe a sink or quiet hours. */
export function checkSettings(settings: readonly AlertSettings[], options: StationOptions): void {
  const { env = process.env, now = () => new Date(), sinkFor } = options
  for (const setting of settings) {
    if (!sinkFor?.(setting)) sinkOf(setting, { env, now })
    if (setting.quietHours !== undefined) quietHours(setting.quietHours)
    if (setting.linkTemplate !== undefined) checkLinkTemplate(setting.linkTemplate)
  }
}

// A timer with more milliseconds fires immediately.
const MAX_MS = 2 ** 31 - 1
/** The maximum age: a hundred years. */
const MAX_AGE_MS = 36_600 * DAY_MS

/** The checks of {@link StationOptions}. */
export const STATION_CHECKS: OptionChecks<StationOptions> = {
  env: option.object,
  now: option.clock,
  random: option.action,
  timeoutMs: option.number({ above: 0, max: MAX_MS }),
  giveUpMs: option.number({ above: 0, max: MAX_AGE_MS }),
  keepMs: option.number({ min: MIN_KEEP_MS, max: MAX_AGE_MS }),
  takeOverMs: option.number({ min: 0, max: MAX_AGE_MS }),
  closeTimeoutMs: option.number({ min: 0, max: MAX_MS }),
  sinkFor: option.action,
}

function courierOf(
  source: TableSource,
  setting: AlertSettings,
  {
    outbox,
    closing,
    env = process.env,
    now = () => new Date(),
    random = Math.random,
    timeoutMs = 10_000,
    takeOverMs = 600_000,
    giveUpMs = 259_200_000,
    sinkFor,
  }: StationOptions & { readonly outbox: () => Promise<Outbox>; readonly closing: AbortSignal },
): Courier {
  if (setting.linkTemplate !== undefined) checkLinkTemplate(setting.linkTemplate)
  return courier({
    key: sinkKey(setting),
    sink: sinkFor?.(setting) ?? sinkOf(setting, { env, now }),
    owner: newOwner(),
    outbox,
    closing,
    logger: source.logger,
    now,
    random,
    timeoutMs,
    takeOverMs,
    giveUpMs,
    maxPerHour: setting.maxPerHour ?? 60,
    quietHours: setting.quietHours === undefined ? undefined : quietHours(setting.quietHours),
  })
}
