import type { AddFile } from '../actions/actions.ts'

/** The statistics of a file. Numbers are text, so that no digit is lost. */
export interface ParsedStats {
  readonly numRecords: number | undefined
  readonly minValues: StatValues
  readonly maxValues: StatValues
  readonly nullCount: StatValues
}

export type StatValues = Readonly<Record<string, unknown>>

const CACHE = new WeakMap<AddFile, ParsedStats>()

/** Parses the statistics in the log. All of them are optional; what cannot be read counts as missing. */
export function parseStats(add: AddFile): ParsedStats {
  const known = CACHE.get(add)
  if (known) return known
  const json = rawStats(add)
  const stats: ParsedStats = {
    numRecords: countOf(json.numRecords),
    minValues: record(json.minValues),
    maxValues: record(json.maxValues),
    nullCount: record(json.nullCount),
  }
  CACHE.set(add, stats)
  return stats
}

/** Returns the number in a count; undefined for anything else, such as null. */
export function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
  return Number.isSafeInteger(count) ? count : undefined
}

/** Returns the statistics as they are written, with numbers as text; empty if the file has no statistics. */
export function rawStats(add: AddFile): StatValues {
  return record(parseQuoted(add.stats ?? '{}'))
}

/** Matches the count at the start. Writers put it first, so the rest, which is a hundred times as long, need not be read. */
const LEADING_COUNT = /^\{\s*"numRecords"\s*:\s*(\d+)\s*[,}]/

/** Returns the number of rows of the file that are not deleted; undefined if the log does not say. */
export function liveRows(add: AddFile): number | undefined {
  const leading = add.stats?.endsWith('}') ? LEADING_COUNT.exec(add.stats)?.[1] : undefined
  const numRecords = countOf(leading) ?? parseStats(add).numRecords
  return numRecords === undefined ? undefined : numRecords - (add.deletionVector?.cardinality ?? 0)
}

/** Parses JSON; numbers become the text they are written in. */
function parseQuoted(text: string): unknown {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  try {
    return JSON.parse(quoted)
  } catch {
    return {}
  }
}

function record(value: unknown): StatValues {
  return typeof value === 'object' && value !== null ? (value as StatValues) : {}
}
