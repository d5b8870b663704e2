// The scoring rules of the Numenta Anomaly Benchmark, standard profile: one threshold for all series, early detection
// in a window earns most, false alarms cost 0.11 of a window, 100 is perfect and 0 is silence.
const FALSE_ALARM = 0.11

/** Rows at the start of a series that are not scored: 15 %, at most 750. */
export const probation = (rows) => Math.min(Math.floor(0.15 * rows), 750)

/** Scores `[{ series, scores }]`. Without a threshold the best one is chosen. Gives score, threshold, detections, falseAlarms. */
export function scoreCorpus(results, threshold) {
  const rows = results.flatMap(({ series, scores }) => weigh(series, scores))
  const total = results.reduce((sum, { series }) => sum + series.windows.length, 0)
  const scorable = new Set(rows.filter((row) => row.window).map((row) => row.window)).size
  const steps = sweep(rows, scorable)
  const chosen = threshold === undefined ? best(steps) : at(steps, threshold)
  return { ...chosen, score: (100 * (chosen.raw + scorable)) / (total + scorable) }
}

/** What an alarm on each row after the probation is worth: in a window by how early, outside by how far after the last. */
function weigh({ windows, values }, scores) {
  const first = probation(values.length)
  let next = 0
  let current
  let last
  const rows = []
  for (let i = 0; i < values.length; i += 1) {
    if (next < windows.length && i === windows[next][0]) {
      const [left, right] = windows[next]
      current = { key: windows[next], right, width: right - left + 1 }
      next += 1
    }
    if (i >= first) rows.push({ score: scores[i], worth: worth(i, current, last), window: current?.key })
    if (current && i === current.right) {
      last = current
      current = undefined
    }
  }
  return rows
}

function worth(i, current, last) {
  if (current) return sigmoid(-(current.right - i + 1) / current.width) / sigmoid(-1)
  return last ? sigmoid((i - last.right) / (last.width - 1)) : -1
}

function sigmoid(x) {
  return x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1
}

/** Raw score at each threshold, highest first; an alarm is a score at or above it. */
function sweep(rows, scorable) {
  const found = new Map()
  let raw = -scorable
  let falseAlarms = 0
  let threshold = 1.1
  const steps = []
  const note = () => steps.push({ threshold, raw, detections: found.size, falseAlarms })
  for (const row of [...rows].sort((a, b) => b.score - a.score)) {
    if (row.score !== threshold) {
      note()
      threshold = row.score
    }
    if (row.window) {
      const before = found.get(row.window) ?? -1
      raw += Math.max(0, row.worth - before)
      found.set(row.window, Math.max(before, row.worth))
    } else {
      raw += FALSE_ALARM * row.worth
      falseAlarms += 1
    }
  }
  note()
  return steps
}

const best = (steps) => steps.reduce((a, b) => (b.raw > a.raw ? b : a))

const at = (steps, threshold) => steps.filter((step) => step.threshold >= threshold).at(-1) ?? steps[0]
