import type { Predicate } from '@forge/writer-core'
import { predicateColumns } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import type { RunFacts } from './run-facts.ts'
import type { JudgedPlace } from './run-page.ts'
import { runKey } from './run-page.ts'

/** The runs that functions with a shared reading have read under one condition. */
export interface KnownRuns {
  /** The newest runs of pipelines, the newest first, and how many were wanted. */
  readonly strips: Map<string, KnownStrip>
  readonly facts: Map<string, RunFacts>
  /** Keys of runs whose rows have several modes or pipelines: they are one run of each of them, with a start and an outcome of its own. */
  readonly mixed: Set<string>
  /** The first pipeline of each run of the strips. */
  readonly pipelines: Map<string, string>
}

export interface KnownStrip {
  readonly wanted: number
  readonly places: readonly JudgedPlace[]
}

const KNOWN = new WeakMap<LogReading, Map<string, KnownRuns>>()

/** Returns what is known of the runs of the chosen rows; undefined if the reading is not shared. */
export function knownRuns(reading: LogReading, chosen: Predicate): KnownRuns | undefined {
  if (!reading.traits) return undefined
  const byCondition = KNOWN.get(reading) ?? new Map<string, KnownRuns>()
  KNOWN.set(reading, byCondition)
  const key = conditionKey(chosen)
  const known = byCondition.get(key) ?? { strips: new Map(), facts: new Map(), mixed: new Set(), pipelines: new Map() }
  byCondition.set(key, known)
  return known
}

/** Notes the newest runs of a pipeline, and which of them are runs of other pipelines too. */
export function noteStrip({ strips, mixed, pipelines }: KnownRuns, pipeline: string, strip: KnownStrip): void {
  strips.set(pipeline, strip)
  for (const { runId } of strip.places) {
    const first = pipelines.get(runId) ?? pipeline
    pipelines.set(runId, first)
    if (first !== pipeline) for (const each of [first, pipeline]) mixed.add(runKey({ pipeline: each, runId }))
  }
}

/** A condition on nothing but the pipeline chooses runs as a whole: what is known of them holds under every other such condition. */
function conditionKey(chosen: Predicate): string {
  if (predicateColumns(chosen).every((name) => name === 'pipeline_id')) return ''
  return JSON.stringify(chosen, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}
