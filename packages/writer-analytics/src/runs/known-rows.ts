import type { Row } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'

const ROWS = new WeakMap<LogReading, Map<string, readonly Row[]>>()

/** Returns the rows of runs that functions with a shared reading have read, by run id; undefined if the reading is not shared. */
export function knownRows(reading: LogReading): Map<string, readonly Row[]> | undefined {
  if (!reading.traits) return undefined
  const rows = ROWS.get(reading) ?? new Map<string, readonly Row[]>()
  ROWS.set(reading, rows)
  return rows
}
