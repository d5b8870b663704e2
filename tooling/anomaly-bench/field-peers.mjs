// Rules that teams write themselves, on the durations and row counts of the same rows. Each judges a value by those of the last 90 days before it.

const DAY_MS = 86_400_000
const KEPT_MS = 90 * DAY_MS
const MIN_VALUES = 14
/** The time after which the same series may alarm again: a day. */
const COOLDOWN_MS = DAY_MS

/** Each says how far a value is out, as a share of what makes an alarm; signed. */
const PEERS = {
  'twice the mean': (history, value) => value / (2 * mean(within(history, 30)) || Infinity),
  'z-score of 30 days': (history, value) => zOf(within(history, 30), value) / 3,
  'MAD on logs by weekday': (history, value, timeMs) => {
    const day = weekday(timeMs)
    const alike = history.filter((one) => weekday(one.timeMs) === day).map((one) => Math.log1p(one.value))
    if (alike.length < 4) return 0
    const sorted = alike.sort((a, b) => a - b)
    const center = median(sorted)
    const deviations = sorted.map((each) => Math.abs(each - center)).sort((a, b) => a - b)
    return (Math.log1p(value) - center) / (5 * Math.max(0.05, 1.4826 * median(deviations)))
  },
  'trend, week and day by regression': regression(),
}

/** Alarms of each peer on a field log. */
export function peerAlarms(log) {
  return Object.entries(PEERS).map(([name, judge]) => {
    const series = new Map()
    const alarms = []
    for (const { writtenMs, rows } of log.writes) {
      for (const row of rows) {
        if (!row.success) continue
        judgeRow(row, writtenMs, { series, judge, alarms })
      }
    }
    return { name, alarms }
  })
}

function judgeRow(row, reportedMs, { series, judge, alarms }) {
  const occurredMs = row.start_time.getTime()
  for (const metric of ['duration_secs', 'rows_processed']) {
    const key = [row.pipeline_id, row.phase, row.step_name, metric].join('|')
    const known = series.get(key) ?? { history: [], quietUntilMs: 0, fit: {} }
    series.set(key, known)
    const value = row[metric]
    const out = known.history.length < MIN_VALUES ? 0 : judge(known.history, value, occurredMs, known.fit)
    if (Math.abs(out) > 1 && occurredMs >= known.quietUntilMs) {
      known.quietUntilMs = occurredMs + COOLDOWN_MS
      alarms.push(alarmOf(row, metric, { out, occurredMs, reportedMs }))
    }
    known.history.push({ timeMs: occurredMs, value })
    if (known.history.length > 64 && known.history[32].timeMs < occurredMs - KEPT_MS) known.history.splice(0, 32)
    if (known.history.length > 700) known.history.splice(0, 100)
  }
}

function alarmOf({ pipeline_id, phase, step_name }, metric, { out, occurredMs, reportedMs }) {
  const type =
    metric === 'duration_secs'
      ? out > 0
        ? 'duration_spike'
        : 'duration_drop'
      : out > 0
        ? 'row_count_spike'
        : 'row_count_drop'
  return { pipeline: pipeline_id, phase, step: step_name, type, metric, occurredMs, reportedMs }
}

/** Least squares on a line, weekdays and the first two waves of the day, fitted again each week; an alarm beyond 3.3 deviations. */
function regression() {
  return (history, value, timeMs, fit) => {
    if (!fit.weights || timeMs - fit.timeMs > 7 * DAY_MS) Object.assign(fit, fitWeights(history), { timeMs })
    return (Math.log1p(value) - dot(fit.weights, features(timeMs, fit.timeMs))) / (3.3 * Math.max(0.05, fit.deviation))
  }
}

function fitWeights(history) {
  const last = history.at(-1).timeMs
  const size = features(last, last).length
  // A ridge fixes what the history does not determine.
  const matrix = Array.from({ length: size }, (_, at) =>
    Array.from({ length: size + 1 }, (_, to) => (at === to ? 0.5 : 0)),
  )
  for (const { timeMs, value } of history) {
    const x = features(timeMs, last)
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) matrix[i][j] += x[i] * x[j]
      matrix[i][size] += x[i] * Math.log1p(value)
    }
  }
  const weights = solve(matrix)
  const errors = history.map(({ timeMs, value }) => (Math.log1p(value) - dot(weights, features(timeMs, last))) ** 2)
  return { weights, deviation: Math.sqrt(mean(errors)) }
}

function features(timeMs, originMs) {
  const angle = (2 * Math.PI * (timeMs % DAY_MS)) / DAY_MS
  const days = Array.from({ length: 6 }, (_, at) => (weekday(timeMs) === at ? 1 : 0))
  const waves = [Math.sin(angle), Math.cos(angle), Math.sin(2 * angle), Math.cos(2 * angle)]
  return [1, (timeMs - originMs) / (90 * DAY_MS), ...days, ...waves]
}

/** Gauss and Jordan; the matrix is positive definite. */
function solve(matrix) {
  const size = matrix.length
  for (let at = 0; at < size; at += 1) {
    const pivot = matrix[at][at]
    for (let column = at; column <= size; column += 1) matrix[at][column] /= pivot
    for (let row = 0; row < size; row += 1) {
      if (row === at) continue
      const factor = matrix[row][at]
      for (let column = at; column <= size; column += 1) matrix[row][column] -= factor * matrix[at][column]
    }
  }
  return matrix.map((row) => row[size])
}

function within(history, days) {
  const from = (history.at(-1)?.timeMs ?? 0) - days * DAY_MS
  return history.filter(({ timeMs }) => timeMs >= from).map(({ value }) => value)
}

function zOf(values, value) {
  const center = mean(values)
  const deviation = Math.sqrt(mean(values.map((each) => (each - center) ** 2)))
  return (value - center) / Math.max(deviation, 1e-9 + 0.01 * Math.abs(center))
}

function mean(values) {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length)
}

function median(sorted) {
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

function dot(a, b) {
  return a.reduce((sum, each, at) => sum + each * b[at], 0)
}

function weekday(timeMs) {
  return (Math.floor(timeMs / DAY_MS) + 3) % 7
}
