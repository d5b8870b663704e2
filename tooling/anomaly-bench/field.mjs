// A half-year of pipelines as they are met in the field, judged as it comes: rows when they are written, and an evaluation each hour.
import { FIELD_TRAITS, fieldLog } from '@forge/fixtures'
import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import { peerAlarms } from './field-peers.mjs'
import { scoreField } from './field-score.mjs'

const HOUR_MS = 3_600_000

/** Judges one seed, and counts what was found of what was there. */
export function runField({ seed = 1, sensitivity = 1, pipelines, days, without = [] } = {}) {
  const log = fieldLog({ seed, without, ...(pipelines && { pipelines }), ...(days && { days }) })
  const started = performance.now()
  const alarms = stream(log, anomalyModel({ sensitivity }))
  return { seed, without, seconds: (performance.now() - started) / 1000, ...scoreField(log, alarms) }
}

function stream(log, model) {
  const alarms = new Map()
  const note = (anomalies, nowMs) => {
    for (const anomaly of anomalies) {
      // A finding that is suppressed later was reported all the same.
      if (!anomaly.suppressedBy && !alarms.has(anomaly.id)) alarms.set(anomaly.id, alarmOf(anomaly, nowMs))
    }
  }
  let nextMs = log.startMs + HOUR_MS
  for (const { writtenMs, rows } of log.writes) {
    for (; nextMs <= writtenMs; nextMs += HOUR_MS) note(model.evaluate(nextMs), nextMs)
    note(model.update(stepRunsOfRows(rows, writtenMs), writtenMs), writtenMs)
  }
  for (; nextMs <= log.endMs; nextMs += HOUR_MS) note(model.evaluate(nextMs), nextMs)
  return [...alarms.values()]
}

function alarmOf({ pipeline, phase, step, type, metric, occurredAt, description, severity }, reportedMs) {
  return { pipeline, phase, step, type, metric, severity, occurredMs: Date.parse(occurredAt), reportedMs, description }
}

/** The same seed with each trait switched off. */
export function* withoutEachTrait(options) {
  for (const trait of FIELD_TRAITS) yield runField({ ...options, without: [trait] })
}

/** Scores of simple rules on the same rows. */
export function runPeers({ seed = 1, pipelines, days } = {}) {
  const log = fieldLog({ seed, ...(pipelines && { pipelines }), ...(days && { days }) })
  return peerAlarms(log).map(({ name, alarms }) => ({ name, ...scoreField(log, alarms) }))
}

/** One line for a trait that is switched off, or for a peer. */
export function fieldLine(name, { f1, recall, falseAlarmsPer1000Runs }) {
  return `  ${name.padEnd(36)} F1 ${f1.toFixed(3)}  recall ${(100 * recall).toFixed(0)} %  false alarms ${falseAlarmsPer1000Runs.toFixed(2)} per 1,000 runs`
}

/** Lines for people. */
export function fieldLines(result) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  const table = (shares) =>
    Object.entries(shares).map(([key, { found, incidents }]) => `  ${key.padEnd(22)} ${found} of ${incidents}`)
  return [
    `seed ${result.seed}: ${result.runs.toLocaleString('en-US')} runs, ${result.incidents} incidents, ${result.seconds.toFixed(1)} s`,
    `F1 ${result.f1.toFixed(3)}  precision ${percent(result.precision)}  recall ${percent(result.recall)}  median delay ${result.medianDelayRuns?.toFixed(1)} runs`,
    `false alarms ${result.falseAlarms}: ${result.falseAlarmsPer1000Runs.toFixed(2)} per 1,000 runs, ${result.falseAlarmsPerWeek.toFixed(1)} a week, noisiest pipeline ${result.noisiestPerWeek.toFixed(1)} a week`,
    ...table(result.byKind),
    ...table(result.bySize),
    `  false: ${JSON.stringify(result.falseAlarmsByType)}`,
  ]
}
