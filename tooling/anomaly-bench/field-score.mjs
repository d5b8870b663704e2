// Counts the incidents of a field log that alarms report. An alarm is `{ pipeline, step, type, metric, occurredMs, reportedMs }`.
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const LEVELS = ['level_shift', 'trend', 'variance_change']
const SECONDS = ['duration_spike', 'duration_drop', ...LEVELS]
const ROWS = ['row_count_drop', 'row_count_spike', 'zero_rows', ...LEVELS]

/** The types of findings that report each kind of incident. */
const REPORTED_BY = {
  slow_step: SECONDS,
  slow_run: SECONDS,
  fast_step: SECONDS,
  fewer_rows: ROWS,
  more_rows: ROWS,
  no_rows: ROWS,
  invalid_rows: ['validation_rate_drop', 'write_ratio'],
  lost_rows: ['write_ratio'],
  failing_step: ['failure_rate', 'error_cluster'],
  flakier_step: ['failure_rate'],
  missing_runs: ['run_missing', 'run_late'],
  late_run: ['run_late', 'run_missing'],
  missing_step: ['step_missing'],
  duration_shift: SECONDS,
  rows_shift: [...ROWS, ...SECONDS],
  drift: SECONDS,
  stuck_rows: ['stuck_value'],
  new_error: ['error_cluster'],
}

export function scoreField(log, alarms) {
  const incidents = groupByPipeline(log.incidents)
  const changes = groupByPipeline(log.changes)
  const found = new Map()
  const wrong = []
  for (const alarm of alarms) {
    const around = (incidents.get(alarm.pipeline) ?? []).filter((one) => isNear(alarm, one))
    const reported = around.filter((one) => reports(alarm, one))
    for (const one of reported) found.set(one, Math.min(found.get(one) ?? Infinity, alarm.reportedMs))
    if (reported.length > 0 || around.some((one) => isConsequence(alarm, one))) continue
    if ((changes.get(alarm.pipeline) ?? []).some((one) => isTrueOf(alarm, one))) continue
    wrong.push(alarm)
  }
  const weeks = (log.endMs - log.startMs) / (7 * DAY_MS)
  const recall = found.size / log.incidents.length
  const precision = found.size / Math.max(1, found.size + wrong.length)
  const delays = [...found]
    .map(([one, reportedMs]) => Math.max(0, reportedMs - one.fromMs) / one.intervalMs)
    .sort((a, b) => a - b)
  const byPipeline = counts(wrong.map(({ pipeline }) => pipeline))
  return {
    runs: log.runs,
    incidents: log.incidents.length,
    found: found.size,
    alarms: alarms.length,
    falseAlarms: wrong.length,
    f1: (2 * precision * recall) / (precision + recall || 1),
    precision,
    recall,
    falseAlarmsPer1000Runs: (1000 * wrong.length) / log.runs,
    falseAlarmsPerWeek: wrong.length / weeks,
    noisiestPerWeek: Math.max(0, ...Object.values(byPipeline)) / weeks,
    medianDelayRuns: delays[delays.length >> 1] ?? null,
    byKind: shares(log.incidents, ({ kind }) => kind, found),
    bySize: shares(log.incidents, ({ size }) => size, found),
    falseAlarmsByType: counts(wrong.map(({ type }) => type)),
    falseAlarmsByPipeline: byPipeline,
    wrong,
    missed: log.incidents.filter((one) => !found.has(one)),
  }
}

/** An incident may be reported until six runs and half a day after it; a drift and a shift take longer to be seen. */
function isNear({ occurredMs }, { fromMs, toMs, intervalMs, kind }) {
  const grace = Math.max(6 * intervalMs, kind === 'drift' || kind.endsWith('shift') ? 14 * DAY_MS : 12 * HOUR_MS)
  return fromMs - Math.max(HOUR_MS, 0.2 * intervalMs) <= occurredMs && occurredMs <= toMs + grace
}

function reports({ type, step, metric }, incident) {
  if (type === 'correlated_run') return !['late_run', 'missing_runs', 'stuck_rows', 'new_error'].includes(incident.kind)
  if (!REPORTED_BY[incident.kind].includes(type)) return false
  if (incident.kind === 'slow_run') return metric !== 'rows_processed'
  return incident.step === null || step === incident.step || step === null || step === incident.pipeline
}

/** A consequence of an incident is not a false alarm: in its step, in the whole run, or in the runs that it delayed. */
function isConsequence({ step, phase, type }, incident) {
  if (incident.step === null || incident.kind.startsWith('fail')) return true
  if (incident.kind === 'flakier_step') return true
  return step === incident.step || phase === 'pipeline' || step === null || type.startsWith('run_')
}

/** A deploy makes a step new, or missing once; a retired pipeline is missing once. */
function isTrueOf({ type, step, occurredMs }, { kind, atMs, intervalMs }) {
  const isAfter = occurredMs >= atMs - intervalMs && occurredMs <= atMs + Math.max(20 * intervalMs, 3 * DAY_MS)
  if (kind === 'retirement') return isAfter && (type === 'run_missing' || type === 'run_late')
  return isAfter && (type === 'step_new' || type === 'step_missing') && step !== null
}

function groupByPipeline(list) {
  const groups = new Map()
  for (const one of list) groups.set(one.pipeline, [...(groups.get(one.pipeline) ?? []), one])
  return groups
}

function shares(incidents, keyOf, found) {
  const table = {}
  for (const one of incidents) {
    table[keyOf(one)] ??= { incidents: 0, found: 0 }
    table[keyOf(one)].incidents += 1
    if (found.has(one)) table[keyOf(one)].found += 1
  }
  return table
}

function counts(names) {
  const result = {}
  for (const name of names) result[name] = (result[name] ?? 0) + 1
  return result
}
