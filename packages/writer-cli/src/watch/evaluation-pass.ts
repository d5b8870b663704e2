import {
  type Alert,
  type AlertStation,
  alertOfAnomaly,
  alertsOfFailedRuns,
  alertsOfServiceLevels,
} from '@forge/writer-alerts'
import {
  checkServiceLevels,
  choosePipelines,
  limitSource,
  type RowChoice,
  type RunInProgress,
} from '@forge/writer-analytics'
import { anomalyTable, detectAnomalies, evaluateDetection, readAnomalies, saveAnomalies } from '@forge/writer-anomaly'
import { type Anomaly, and, gt, isFailure, isIn, literal, type TableSource } from '@forge/writer-core'
import { defaultTableRef } from '@forge/writer-core/storage'

export interface EvaluationOptions {
  /** Rows recorded at or after this time are checked. */
  readonly since: Date
  readonly at: Date
  /** Only these rows are checked, and recoveries are raised only of their pipelines. Default: all. */
  readonly choice?: RowChoice | undefined
  /** The runs that have started and not ended. Default: none. */
  readonly running?: readonly RunInProgress[] | undefined
  /** Time zone of hours, days and weeks. Default: `UTC`. */
  readonly timeZone?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The number of new alerts of each kind that one check of a log raised. The outbox prevents alerts that were raised before from being raised again.
 */
export interface Evaluation {
  readonly anomalies: number
  readonly failures: number
  readonly lost: number
  readonly sla: number
  readonly recovered: number
}

/**
 * Checks a log once and raises alerts: anomalies, missing runs, failed and lost runs, violated service levels, and recoveries. Resolves when the
 * alerts are durable.
 */
export async function evaluationPass(
  log: TableSource,
  station: AlertStation,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { choice = {} } = options
  const source = await limitSource(log, choice)
  const { schema, name } = defaultTableRef(source.config)
  const tableFqn = `${schema}.${name}`
  const found = await findAnomalies(source, options)
  const anomalies = found.alerted.map((anomaly) => alertOfAnomaly(anomaly, tableFqn))
  const failed = await failures(source, tableFqn, options)
  const sla = await brokenServiceLevels(source, station, { ...options, tableFqn })
  const fresh = await station.raise([...anomalies, ...failed, ...sla])
  // Saved only after the alerts are durable: saved anomalies count as known and are not raised again.
  await saveAnomalies(source, found.all)
  const recovered = await station.raiseRecoveries(
    source === log ? undefined : new Set(await choosePipelines(log, choice)),
  )
  const count = (wanted: Alert['kind']) => fresh.filter(({ kind }) => kind === wanted).length
  return {
    anomalies: count('anomaly'),
    failures: count('failure'),
    lost: count('lost'),
    sla: count('sla'),
    recovered: recovered + count('recovered'),
  }
}

/** The time between the start of a step and its recording, at most. */
const LONG_STEP_MS = 86_400_000

async function findAnomalies(source: TableSource, { since, at, timeZone, signal }: EvaluationOptions) {
  const options = { store: false, timeZone, signal }
  const from = new Date(since.getTime() - LONG_STEP_MS)
  const recorded = await detectAnomalies(source, { ...options, now: () => at, since: from })
  const overdue = await evaluateDetection(source, { ...options, now: () => at })
  const found = [...recorded.anomalies, ...recorded.suppressed, ...overdue.anomalies, ...overdue.suppressed]
  const all = [...new Map(found.map((each) => [each.id, each])).values()]
  const known = await knownAnomalies(source, all)
  const alerted = all.filter((anomaly) => {
    if (anomaly.suppressedBy !== undefined) return false
    const before = known.get(anomaly.id)
    // A recent anomaly may have been saved by a process that died before it raised the alert.
    return !before || before.severity !== anomaly.severity || Date.parse(before.detectedAt) >= since.getTime()
  })
  return { all, alerted }
}

async function knownAnomalies(source: TableSource, all: readonly Anomaly[]): Promise<Map<string, Anomaly>> {
  const known = new Map<string, Anomaly>()
  if (all.length === 0) return known
  const ids = all.map(({ id }) => id)
  for await (const anomaly of readAnomalies(await anomalyTable(source), isIn('id', ids))) known.set(anomaly.id, anomaly)
  return known
}

/** Returns alerts for the failed and lost runs among the rows that were stored since. */
async function failures(source: TableSource, tableFqn: string, { since, at }: EvaluationOptions): Promise<Alert[]> {
  const table = await source.table()
  const { columns } = await table.info()
  const alerts = new Map<string, Alert>()
  const where = and(isFailure(columns), gt('created_at', literal(since)))
  for await (const batch of table.scan({ where })) {
    for (const alert of alertsOfFailedRuns(batch, tableFqn, at)) alerts.set(alert.id, alerts.get(alert.id) ?? alert)
  }
  return [...alerts.values()]
}

const MAX_BREACHES = 1000

async function brokenServiceLevels(
  source: TableSource,
  station: AlertStation,
  { since, at, choice, running, tableFqn }: EvaluationOptions & { readonly tableFqn: string },
): Promise<Alert[]> {
  if ((source.config.serviceLevels ?? []).length === 0) return []
  const { objectives } = await checkServiceLevels(source, {
    ...choice,
    now: () => at,
    running,
    maxBreaches: MAX_BREACHES,
  })
  return alertsOfServiceLevels(objectives, { tableFqn, since, open: await station.openIncidents() })
}
