import type { Alert, AlertSeverity } from './alert.ts'
import { digest } from './failed-runs.ts'
import type { OpenIncident } from './outbox/outbox.ts'

/** One promise of one pipeline, and how it was broken: what `checkServiceLevels` of `@forge/writer-analytics` resolves with. */
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
    /** Null when no run came at all. */
    readonly runId: string | null
    readonly at: string
    readonly detail: string
  }[]
}

export interface ServiceLevelAlertOptions {
  readonly tableFqn: string
  /** Older breaches raise no alert. */
  readonly since: Date
  /** Incidents that are open: a budget that stays spent is alerted once. */
  readonly open: readonly OpenIncident[]
}

/**
 * Names and severities of the promises that runs and days break; the success rate is alerted by its budget alone, as each failed run is one alert
 * already.
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

/** The alerts of kind `sla` for promises that were broken, and those that end them: a late run that came, a budget that has something left again. */
export function alertsOfServiceLevels(promises: readonly JudgedPromise[], options: ServiceLevelAlertOptions): Alert[] {
  return promises.flatMap((promise) => [...breachAlerts(promise, options), ...budgetAlerts(promise, options)])
}

function breachAlerts(promise: JudgedPromise, { tableFqn, since }: ServiceLevelAlertOptions): Alert[] {
  const { pipeline, kind, target } = promise
  const words = PROMISES[kind]
  if (!words) return []
  const isOfDays = OF_DAYS.has(kind)
  return promise.breaches
    .filter(({ at }) => Date.parse(at) >= since.getTime())
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
        // What came late has ended by the time it is seen.
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
  // Without a budget there is nothing to report but the breaches.
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
