// Counts the incidents of labelled telemetry that alarms find. A run of labelled points at most 3 apart is one incident, and an alarm within 3 points
// of it finds it. Alarms at most 3 points apart are one alarm. The first 168 points are for learning.

/** The number of points at the start of a series that are not scored. */
export const LEARNING_POINTS = 168
const NEAR_POINTS = 3

/** Returns runs of true values at most 3 points apart, from the end of the learning on: `[{ first, last }]`. */
export function episodes(flags) {
  const all = []
  for (let at = LEARNING_POINTS; at < flags.length; at += 1) {
    if (!flags[at]) continue
    const last = all.at(-1)
    if (last && at - last.last <= NEAR_POINTS) last.last = at
    else all.push({ first: at, last: at })
  }
  return all
}

/** Counts one series: `labels` and `alarms` are one flag a point. */
export function countSeries(labels, alarms) {
  const incidents = episodes(labels)
  const reported = episodes(alarms)
  const isNear = (a, b) => a.first <= b.last + NEAR_POINTS && a.last >= b.first - NEAR_POINTS
  return {
    points: Math.max(0, labels.length - LEARNING_POINTS),
    incidents: incidents.length,
    found: incidents.filter((one) => reported.some((alarm) => isNear(alarm, one))).length,
    falseAlarms: reported.filter((alarm) => !incidents.some((one) => isNear(alarm, one))).length,
  }
}

/** Adds up counts, and gives precision, recall, F1 and false alarms per 1,000 points. */
export function sumCounts(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
  const [points, incidents, found, falseAlarms] = ['points', 'incidents', 'found', 'falseAlarms'].map(sum)
  const precision = found + falseAlarms === 0 ? 0 : found / (found + falseAlarms)
  const recall = incidents === 0 ? 0 : found / incidents
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)
  return {
    points,
    incidents,
    found,
    falseAlarms,
    precision,
    recall,
    f1,
    falseAlarmsPer1000Points: (1000 * falseAlarms) / Math.max(1, points),
  }
}
