import { type AlertSettings, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { type Alert, isAtLeast } from './alert.ts'
import { type Courier, courier } from './courier.ts'
import { type Outbox, type OutboxEntry, openOutbox } from './outbox.ts'
import { quietHours } from './quiet-hours.ts'
import { sinkKey, sinkOf } from './sinks/from-settings.ts'
import type { AlertSink } from './sinks/sink.ts'

export interface StationOptions {
  /** Variables that `secretEnv` names. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly now?: () => Date
  readonly random?: () => number
  /** How long a sink may take for one message. Default 10000. */
  readonly timeoutMs?: number
  /** Age at which an alert that no sink takes is given up; it stays in the outbox. Default 72. */
  readonly giveUpHours?: number
  /** Alerts that another process left behind are taken over when they were not touched for so long. Default 600000. */
  readonly takeOverMs?: number
  /** How long closing waits for messages that are on their way before it leaves them. Default 3000. */
  readonly closeTimeoutMs?: number
  /** Makes the sink of a setting, in place of the built-in ones. */
  readonly sinkFor?: (settings: AlertSettings) => AlertSink | undefined
}

/** Where alerts of one log are raised and sent from. */
export interface AlertStation {
  /** Resolves when the alerts that are new are durable; they are sent in the background. */
  raise(alerts: readonly Alert[]): Promise<void>
  /** Sends all that is due now, also what an earlier process left behind. Never rejects: what fails is told to the log. */
  deliver(): Promise<void>
  readonly waiting: number
  /** Stops the timers, and what is on its way after `closeTimeoutMs`. What waits stays in the outbox. */
  close(): Promise<void>
}

const DEFAULT_LEAST = 'warning'
const MOST_TIMER_MS = 15 * 60_000

/**
 * Makes the sinks of the settings; throws WriterConfigurationError where one cannot be made.
 * An alert goes to each setting whose `on` has its kind and whose `minSeverity` it reaches.
 */
export function alertStation(
  source: TableSource,
  settings: readonly AlertSettings[],
  options: StationOptions = {},
): AlertStation {
  const { now = () => new Date(), takeOverMs = 600_000, closeTimeoutMs = 3000 } = options
  checkTimes(options)
  const closing = new AbortController()
  let opening: Promise<Outbox> | undefined
  const outbox = () => {
    opening ??= openOutbox(source)
    return opening
  }
  const routes = settings.map((setting) => ({
    setting,
    key: sinkKey(setting),
    courier: courierOf(source, setting, { ...options, outbox, closing: closing.signal }),
  }))
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isClosed = false
  let hasTakenOver = false

  /** A sink that hangs holds up none of the others. */
  const deliverAll = () => Promise.all(routes.map((route) => route.courier.deliver()))
  /** One delivery at a time, and the outbox is read between two of them: so no message is sent twice. */
  const deliverNext = (untouchedSince?: Date) => {
    running = running
      .then(() => untouchedSince && takeOver(untouchedSince))
      .catch((error: unknown) => source.logger.warn({ error }, 'the outbox of alerts could not be read'))
      .then(deliverAll)
      .then(arm)
    return running
  }
  const arm = () => {
    clearTimeout(timer)
    const next = routes.flatMap((route) => route.courier.nextMs() ?? [])
    if (isClosed || next.length === 0) return
    const delayMs = Math.min(MOST_TIMER_MS, Math.max(0, Math.min(...next) - now().getTime()))
    timer = setTimeout(() => void deliverNext(), delayMs)
    timer.unref()
  }
  const takeOver = async (untouchedSince: Date) => {
    const left = await (await outbox()).pending(untouchedSince)
    for (const { key, courier: each } of routes) each.accept(left.filter(({ sink }) => sink === key))
  }
  return {
    async raise(alerts) {
      const at = now()
      const entries = routes.flatMap(({ setting, key }) =>
        alerts.filter((alert) => isWanted(alert, setting)).map((alert) => entryOf(alert, key, at)),
      )
      const fresh = await (await outbox()).add(entries)
      for (const { key, courier: each } of routes) each.accept(fresh.filter(({ sink }) => sink === key))
      void deliverNext(hasTakenOver ? undefined : new Date(at.getTime() - takeOverMs))
      hasTakenOver = true
    },
    deliver: () => deliverNext(new Date(now().getTime() - 1)),
    get waiting() {
      return routes.reduce((sum, route) => sum + route.courier.waiting, 0)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      const leave = setTimeout(() => closing.abort(), closeTimeoutMs)
      await running
      clearTimeout(leave)
    },
  }
}

/** Throws WriterConfigurationError for times that are none, and where a sink or quiet hours cannot be made of a setting. */
export function checkSettings(settings: readonly AlertSettings[], options: StationOptions): void {
  checkTimes(options)
  const { env = process.env, now = () => new Date(), sinkFor } = options
  for (const setting of settings) {
    if (!sinkFor?.(setting)) sinkOf(setting, { env, now })
    if (setting.quietHours !== undefined) quietHours(setting.quietHours)
  }
}

// A timer of more milliseconds fires at once.
const MOST_MS = 2 ** 31 - 1
const MOST_HOURS = 24 * 36_600

function checkTimes({ timeoutMs = 1, closeTimeoutMs = 0, takeOverMs = 0, giveUpHours = 1 }: StationOptions): void {
  const problems = [
    !(timeoutMs > 0 && timeoutMs <= MOST_MS) && `timeoutMs must be above 0, up to ${MOST_MS}`,
    !(closeTimeoutMs >= 0 && closeTimeoutMs <= MOST_MS) && `closeTimeoutMs must be from 0 to ${MOST_MS}`,
    !(takeOverMs >= 0 && takeOverMs <= MOST_HOURS * 3_600_000) && 'takeOverMs must be at least 0',
    !(giveUpHours > 0 && giveUpHours <= MOST_HOURS) && `giveUpHours must be above 0, up to ${MOST_HOURS}`,
  ].filter((problem) => problem !== false)
  if (problems.length === 0) return
  throw new WriterConfigurationError(`alerts: ${problems.join('; ')}`, { context: { problems }, committed: 'no' })
}

function isWanted({ kind, severity }: Alert, { on, minSeverity = DEFAULT_LEAST }: AlertSettings): boolean {
  return (on === undefined || on.includes(kind)) && isAtLeast(severity, minSeverity)
}

function entryOf(alert: Alert, sink: string, at: Date): OutboxEntry {
  return { alert, sink, state: 'pending', attempts: 0, createdAt: at, updatedAt: at, lastError: null }
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
    giveUpHours = 72,
    sinkFor,
  }: StationOptions & { readonly outbox: () => Promise<Outbox>; readonly closing: AbortSignal },
): Courier {
  return courier({
    sink: sinkFor?.(setting) ?? sinkOf(setting, { env, now }),
    outbox,
    closing,
    logger: source.logger,
    now,
    random,
    timeoutMs,
    giveUpHours,
    maxPerHour: setting.maxPerHour ?? 60,
    ...(setting.quietHours !== undefined && { quietHours: quietHours(setting.quietHours) }),
  })
}
