// A simulated year of pipelines whose incidents are known: `--simulated [--seed N] [--sensitivity X] [--json] [--misses]`.
import { simulatedYear } from '@forge/fixtures'
import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'

/** The types of findings that report each kind of incident. */
const REPORTED_BY = {
  failure_streak: ['failure_rate'],
  level_shift: ['level_shift', 'duration_spike', 'duration_drop', 'row_count_drop', 'row_count_spike'],
  row_count_drop: ['row_count_drop', 'level_shift'],
  trend: ['trend', 'level_shift'],
  variance_change: ['variance_change', 'duration_spike', 'duration_drop', 'level_shift'],
  run_missing: ['run_missing', 'run_late'],
  run_late: ['run_late', 'run_missing'],
  correlated_run: ['correlated_run'],
}
/** The time after an incident in which it may still be reported: the next runs show some incidents first. */
const GRACE_RUNS = 6
/** Days that a trend looks back. */
const LOOKBACK_DAYS = 60

/** Judges a seeded year row by row, and counts what was found of what was there. */
export function runSimulated({ seed = 1, sensitivity = 1, pipelines, steps, days, holidays = true } = {}) {
  const year = simulatedYear({ seed, ...(pipelines && { pipelines }), ...(steps && { steps }), ...(days && { days }) })
  const model = anomalyModel({ sensitivity, ...(holidays && { holidays: year.holidays }) })
  const alarms = new Map()
  let rows = 0
  const started = performance.now()
  for (const run of runsOf(year.rows)) {
    rows += run.length
    const now = run.at(-1).end_time.getTime()
    // A finding that is suppressed later was reported all the same.
    for (const anomaly of model.update(stepRunsOfRows(run, now), now)) {
      if (!anomaly.suppressedBy && !alarms.has(anomaly.id)) alarms.set(anomaly.id, anomaly)
    }
  }
  const seconds = (performance.now() - started) / 1000
  return { seed, rows, rowsPerSecond: Math.round(rows / seconds), ...score(year, [...alarms.values()]) }
}

function* runsOf(rows) {
  let run = []
  for (const row of rows) {
    if (run.length > 0 && run[0].run_id !== row.run_id) {
      yield run
      run = []
    }
    run.push(row)
  }
  if (run.length > 0) yield run
}

function score(year, alarms) {
  const graceMs = graceOf(year)
  const byPipeline = Map.groupBy ? Map.groupBy(year.incidents, (one) => one.pipeline) : groupByPipeline(year.incidents)
  const changes = groupByPipeline(year.changes)
  const found = new Set()
  const falseAlarms = []
  for (const alarm of alarms) {
    const time = Date.parse(alarm.occurredAt)
    const around = (byPipeline.get(alarm.pipeline) ?? []).filter(
      (one) => one.fromMs - 3_600_000 <= time && time <= one.toMs + graceMs(one),
    )
    const reported = around.filter((one) => reports(alarm, one))
    for (const one of reported) found.add(one)
    if (reported.length > 0 || around.some((one) => isPart(alarm, time, one, graceMs(one) / GRACE_RUNS))) continue
    const isChange = (changes.get(alarm.pipeline) ?? []).some((one) => isAfter(alarm, time, one))
    if (!isChange) falseAlarms.push(alarm)
  }
  const incidents = year.incidents.length
  const precision = found.size / Math.max(1, found.size + falseAlarms.length)
  const recall = found.size / incidents
  return {
    runs: year.runs,
    incidents,
    found: found.size,
    alarms: alarms.length,
    falseAlarms: falseAlarms.length,
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall),
    falseAlarmsPer1000Runs: (1000 * falseAlarms.length) / year.runs,
    byKind: table(year.incidents, (one) => one.kind, found),
    falseAlarmsByType: counts(falseAlarms.map((alarm) => alarm.type)),
    missed: year.incidents.filter((one) => !found.has(one)),
    wrong: falseAlarms,
  }
}

/** Returns whether the finding names the incident: its kind, and its step if it has one. */
function reports(alarm, { kind, step }) {
  const types = REPORTED_BY[kind] ?? [kind]
  return types.includes(alarm.type) && (step === null || alarm.step === step)
}

/** Returns whether the finding is a consequence of the incident: of the same step, or of the run in which it happened. */
function isPart(alarm, time, { step, kind, toMs }, runMs) {
  // A late run is compared with others of its hour.
  if (kind === 'run_late' || kind === 'run_missing') return time <= toMs + 2 * runMs
  if (step === null) return true
  return (
    alarm.step === step ||
    alarm.phase === 'pipeline' ||
    (alarm.phase === null && alarm.metric === 'steps') ||
    kind.startsWith('failure')
  )
}

/** Returns whether the finding reports a change that was not injected as an incident. A trend and a spread report changes of the last weeks. */
function isAfter({ type, step, phase }, time, change) {
  const lastMs =
    type === 'trend' || type === 'variance_change' ? change.fromMs + LOOKBACK_DAYS * 86_400_000 : change.toMs
  return (
    change.fromMs <= time &&
    time <= lastMs &&
    (change.step === null || change.step === step || step === null || phase === 'pipeline')
  )
}

function graceOf(year) {
  const runs = new Map()
  for (const { pipeline, fromMs, toMs } of year.changes) {
    const length = (toMs - fromMs) / 16
    if (length > 0) runs.set(pipeline, Math.max(runs.get(pipeline) ?? 0, length))
  }
  return (incident) => GRACE_RUNS * (runs.get(incident.pipeline) ?? 86_400_000)
}

function groupByPipeline(list) {
  const groups = new Map()
  for (const one of list) groups.set(one.pipeline, [...(groups.get(one.pipeline) ?? []), one])
  return groups
}

function table(incidents, keyOf, found) {
  const kinds = {}
  for (const one of incidents) {
    kinds[keyOf(one)] ??= { incidents: 0, found: 0 }
    kinds[keyOf(one)].incidents += 1
    if (found.has(one)) kinds[keyOf(one)].found += 1
  }
  return kinds
}

function counts(names) {
  const result = {}
  for (const name of names) result[name] = (result[name] ?? 0) + 1
  return result
}

/** Lines for people. */
export function simulatedLines(result) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  return [
    `seed ${result.seed}: ${result.rows.toLocaleString('en-US')} rows, ${result.runs.toLocaleString('en-US')} runs, ${result.rowsPerSecond.toLocaleString('en-US')} rows/s`,
    `F1 ${result.f1.toFixed(4)}  precision ${percent(result.precision)}  recall ${percent(result.recall)}`,
    `false alarms ${result.falseAlarms} (${result.falseAlarmsPer1000Runs.toFixed(2)} per 1,000 runs)  incidents ${result.found} of ${result.incidents}`,
    ...Object.entries(result.byKind).map(
      ([kind, { found, incidents }]) => `  ${kind.padEnd(22)} ${found} of ${incidents}`,
    ),
    `  false: ${JSON.stringify(result.falseAlarmsByType)}`,
  ]
}
