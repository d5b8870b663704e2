/** The last values of a series, in order of arrival and of size. Plain JSON. */
export interface SortedWindow {
  readonly capacity: number
  /** Oldest at `next` once the window is full. */
  readonly ring: number[]
  readonly sorted: number[]
  next: number
}

export function sortedWindow(capacity: number): SortedWindow {
  return { capacity, ring: [], sorted: [], next: 0 }
}

/** Adds a value; forgets the oldest where the window is full. */
export function addTo(window: SortedWindow, value: number): void {
  const { capacity, ring, sorted } = window
  if (ring.length < capacity) {
    ring.push(value)
    insert(sorted, value, sorted.length)
    return
  }
  const oldest = ring[window.next] ?? 0
  ring[window.next] = value
  window.next = (window.next + 1) % capacity
  insert(sorted, value, position(sorted, oldest))
}

/** Interpolated quantile, as `quantile_cont`; 0 of no values. */
export function quantileIn(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  const lower = sorted[low] ?? 0
  const upper = sorted[low + 1] ?? lower
  return lower + (upper - lower) * (at - low)
}

/** Median of values in any order; 0 of no values. */
export function medianOf(values: readonly number[]): number {
  const { length } = values
  if (length < 3) return length === 0 ? 0 : ((values[0] ?? 0) + (values[length - 1] ?? 0)) / 2
  // Typed arrays sort by size without a comparison in JavaScript.
  const sorted = Float64Array.from(values).sort()
  const middle = length >> 1
  const upper = sorted[middle] ?? 0
  return length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** Places `value` where the slot `free` (or the end) is given up, shifting what lies between. */
function insert(sorted: number[], value: number, free: number): void {
  let at = free
  while (at > 0 && (sorted[at - 1] ?? 0) > value) {
    sorted[at] = sorted[at - 1] ?? 0
    at--
  }
  while (at < sorted.length - 1 && (sorted[at + 1] ?? 0) < value) {
    sorted[at] = sorted[at + 1] ?? 0
    at++
  }
  sorted[at] = value
}

function position(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
