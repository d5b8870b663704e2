import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert, AlertSeverity } from './alert.ts'
import { digest } from './failed-runs.ts'
import type { OpenIncident } from './outbox/outbox.ts'

/** One objective of one pipeline, and its breaches, as in the result of `checkServiceLevels` of `@forge/writer-analytics`. */
export interface JudgedPromise {
  readonly pipeline: string
  /** The kind of objective, such as `maxDuration` or `dueTime`. */
  readonly kind: string
  /** The target, such as `at most 600 s`. */
  readonly target: string
  readonly requiredPercent: number
  readonly judged: number
  readonly broken: number
  readonly errorBudget: { readonly left: number }
  readonly breaches: readonly {
    /** The id of the run; null if no run came at all. */
    readonly runId: string | null
    /** The start of the run, or the due time. */
    readonly at: string
    /** The time at which the breach could be known, such as the end of the run. Default: `at`. */
    readonly knownAt?: string | undefined
    readonly detail: string
  }[]
}

export interface ServiceLevelAlertOptions {
  readonly tableFqn: string
  /** Breaches that could be known at this time or later raise alerts. */
  readonly since: Date
  /** The open incidents: a budget that remains spent is alerted once. */
  readonly open: readonly OpenIncident[]
}

/**
 * The titles and severities of the objectives that runs and days can violate; the success rate is alerted only by its budget, because each failed run
 * is an alert already.
 */
const PROMISES: Readonly<Record<string, { readonly title: string; readonly severity: AlertSeverity }>> = {
  maxDuration: { title: 'too long', severity: 'warning' },
  minDuration: { title: 'too short', severity: 'warning' },
  runsPerHour: { title: 'too often', severity: 'warning' },
  concurrentRuns: { title: 'overlap', severity: 'warning' },
  startBy: { title: 'late to start', severity: 'warning' },
  dueTime: { title: 'late', severity: 'error' },
}
const OF_DAYS: ReadonlySet<string> = new Set(['startBy', 'dueTime'])

/**
 * Returns the alerts of kind `sla` for violated objectives, and those that end them: for a late run that came, and for a budget that is available
 * again.
 */
export function alertsOfServiceLevels(promises: readonly JudgedPromise[], options: ServiceLevelAlertOptions): Alert[] {
  assertOptions('alertsOfServiceLevels', options, {
    tableFqn: option.required(option.text),
    since: option.required(option.date),
    open: option.required(option.list(option.object)),
  })
  return promises.flatMap((promise) => [...breachAlerts(promise, options), ...budgetAlerts(promise, options)])
}

function breachAlerts(promise: JudgedPromise, { tableFqn, since }: ServiceLevelAlertOptions): Alert[] {
  const { pipeline, kind, target } = promise
  const words = PROMISES[kind]
  if (!words) return []
  const isOfDays = OF_DAYS.has(kind)
  return promise.breaches
    .filter(({ at, knownAt = at }) => Date.parse(knownAt) >= since.getTime())
    .flatMap(({ runId, at, detail }) => {
      const key = digest([tableFqn, pipeline, kind, target, isOfDays ? at : runId])
      const incident = isOfDays ? `late:${key}` : undefined
      const about = { tableFqn, pipeline, step: null, runId, occurredAt: new Date(at).toISOString() }
      const alert: Alert = {
        ...about,
        id: `sla:${key}`,
        kind: 'sla',
        severity: words.severity,
        title: `${words.title}: ${pipeline}`,
        text: runId === null ? `${detail}; promised: ${target}` : `Run ${runId} ${detail}; promised: ${target}`,
        // A late run has come by the time it is seen.
        ...(incident !== undefined && runId === null && { incident }),
      }
      if (incident === undefined || runId === null) return [alert]
      const end: Alert = {
        ...about,
        id: `recovered:${key}`,
        kind: 'recovered',
        severity: 'info',
        title: `came late: ${pipeline}`,
        text: `Run ${runId}: ${detail}; promised: ${target}`,
        incident,
      }
      return [alert, end]
    })
}

function budgetAlerts(promise: JudgedPromise, { tableFqn, open }: ServiceLevelAlertOptions): Alert[] {
  const { pipeline, kind, target, requiredPercent, judged, broken, errorBudget, breaches } = promise
  // Without a budget only the breaches are reported.
  if (requiredPercent >= 100) return []
  const incident = `budget:${digest([tableFqn, pipeline, kind, target])}`
  const opened = open.find((each) => each.incident === incident)
  const isSpent = broken > 0 && errorBudget.left <= 0
  if (isSpent === (opened !== undefined)) return []
  const newest = breaches
    .map(({ at }) => new Date(at).toISOString())
    .sort()
    .at(-1)
  const about = { tableFqn, pipeline, step: null, runId: null, incident }
  const figures = `${broken} of ${judged} violated ${target}; ${requiredPercent} % must meet it.`
  if (opened) {
    const occurredAt = newest ?? opened.raisedAt
    const title = `error budget available again: ${pipeline}`
    return [
      {
        ...about,
        id: `recovered:${opened.alert.id}`,
        kind: 'recovered',
        severity: 'info',
        title,
        text: figures,
        occurredAt,
      },
    ]
  }
  return [
    {
      ...about,
      id: `sla:${incident}:${newest}`,
      kind: 'sla',
      severity: 'error',
      title: `error budget spent: ${pipeline}`,
      text: figures,
      occurredAt: newest ?? new Date(0).toISOString(),
    },
  ]
}
