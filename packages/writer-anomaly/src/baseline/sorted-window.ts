/** The last values of a series, in order of arrival and in order of size. Plain JSON. */
export interface SortedWindow {
  readonly capacity: number
  /** The values in order of arrival; the oldest is at `next` once the window is full. */
  readonly ring: number[]
  readonly sorted: number[]
  next: number
}

export function sortedWindow(capacity: number): SortedWindow {
  return { capacity, ring: [], sorted: [], next: 0 }
}

/** Adds a value, and forgets the oldest if the window is full. */
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

/** Inserts `value` and removes the entry at `free` (or extends the list), shifting the entries between. */
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

/** Appends a value to a list that holds at most `max`, and drops the first one if it holds more. */
export function keepLast<T>(list: T[], value: T, max: number): void {
  list.push(value)
  if (list.length > max) list.shift()
}
