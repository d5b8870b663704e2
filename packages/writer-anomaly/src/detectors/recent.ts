/** The last values of a series, oldest first. */
export type Recent = number[]

/** Adds a value and forgets the oldest beyond `size`. */
export function remember(recent: Recent, value: number, size: number): void {
  recent.push(value)
  if (recent.length > size) recent.shift()
}

/** Least spread a scale may have beside values of this size: keeps constant series finite. */
export function floorOf(center: number): number {
  return Math.max(1e-9, Math.abs(center) * 0.01)
}
