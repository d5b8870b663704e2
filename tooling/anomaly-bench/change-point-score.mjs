// Cover and F1 of change points as the Turing Change Point Dataset defines them (van den Burg and Williams, 2020).
// A change point is the index of the first point of a new segment; one at 0 counts as given and as found.

/** How well found segments cover the marked ones: the best Jaccard index of each, weighed by its length. Mean over annotators. */
export function cover(length, annotations, found) {
  const parts = segments(length, found)
  const scores = annotations.map((marked) => {
    const best = segments(length, marked).map(
      (part) => part.size * Math.max(...parts.map((other) => jaccard(part, other))),
    )
    return best.reduce((sum, value) => sum + value, 0) / length
  })
  return mean(scores)
}

/** Harmonic mean of precision (against what any annotator marked) and recall (mean over annotators), within 5 points. */
export function f1(annotations, found, margin = 5) {
  const alarms = withZero(found)
  const precision = hits(withZero(annotations.flat()), alarms, margin) / alarms.length
  const recall = mean(annotations.map((marked) => hits(withZero(marked), alarms, margin) / withZero(marked).length))
  return (2 * precision * recall) / (precision + recall)
}

/** Number of marks that have an alarm of their own within the margin, the nearest free one each. */
function hits(marks, alarms, margin) {
  const free = new Set(alarms)
  let count = 0
  for (const mark of marks) {
    const near = [...free].filter((alarm) => Math.abs(alarm - mark) <= margin)
    if (near.length === 0) continue
    free.delete(near.reduce((a, b) => (Math.abs(b - mark) < Math.abs(a - mark) ? b : a)))
    count += 1
  }
  return count
}

function segments(length, points) {
  const bounds = [...withZero(points), length]
  return bounds.slice(1).map((end, index) => ({ start: bounds[index], end, size: end - bounds[index] }))
}

function jaccard(a, b) {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start)
  return shared <= 0 ? 0 : shared / (a.size + b.size - shared)
}

function withZero(points) {
  return [...new Set([0, ...points])].sort((a, b) => a - b)
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
