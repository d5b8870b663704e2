import type { ColumnVector } from './log-batch.ts'

/** A builder takes the values of one column, one after the other. Undefined counts as null. */
export interface ColumnBuilder {
  /** Appends `value`. If it does not fit, appends nothing and returns what was expected. */
  add(value: unknown): string | undefined
  addNull(): void
  /**
   * Appends the values from `start` to `end` (exclusive) and stops before the first one that does not fit. Returns its position, or `end`.
   * Each builder repeats this loop, because shared code would pay for a call per value.
   */
  addAll(values: readonly unknown[], start: number, end: number): number
  /** Returns the values so far as a vector. The builder cannot be used again until {@link clear} is called. */
  finish(): ColumnVector
  /** Removes the values and reuses the memory of the finished vector. */
  clear(): void
}
