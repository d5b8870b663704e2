import type { Predicate } from '@forge/writer-core'
import { predicateColumns } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { runKey } from '../reading/run-keys.ts'
import type { RunFacts } from './run-facts.ts'
import type { JudgedPlace } from './run-page.ts'

/** The runs that functions with a shared reading have read under one condition. */
export interface KnownRuns {
  /** The newest runs of pipelines, the newest first, and the number of runs that were requested. */
  readonly strips: Map<string, KnownStrip>
  readonly facts: Map<string, KnownFacts>
  /** The owner and tags of pipelines. */
  readonly belonging: Map<string, KnownBelonging>
  /** Keys of runs whose rows have several pipelines: they are one run of each of them, with a start and an outcome of its own. */
  readonly mixed: Set<string>
  /** The first pipeline of each run of the strips. */
  readonly pipelines: Map<string, string>
  /** The facts from an earlier state of the table, all rows of which are in this one: a run or pipeline with the same number of rows is unchanged. */
  readonly earlier: Pick<KnownRuns, 'facts' | 'belonging'> | undefined
}

export interface KnownFacts {
  readonly facts: RunFacts
  /** The number of rows of the run; undefined if it was not counted. */
  readonly rows: number | undefined
}

export interface KnownBelonging {
  readonly owner: string | null
  readonly tags: readonly string[]
  /** The number of rows of the pipeline. */
  readonly rows: number
}

export interface KnownStrip {
  readonly wanted: number
  readonly places: readonly JudgedPlace[]
}

const KNOWN = new WeakMap<LogReading, Map<string, KnownRuns>>()

/** Returns the known runs of the chosen rows; undefined if the reading is not shared. */
export function knownRuns(reading: LogReading, chosen: Predicate): KnownRuns | undefined {
  if (!reading.traits) return undefined
  const byCondition = KNOWN.get(reading) ?? new Map<string, KnownRuns>()
  KNOWN.set(reading, byCondition)
  const key = conditionKey(chosen)
  const known = byCondition.get(key) ?? createKnown(undefined)
  byCondition.set(key, known)
  return known
}

/** Lets a reading of a later state of a table, which holds all rows of the earlier one, use the facts about these rows. */
export function takeOver(earlier: LogReading, reading: LogReading): void {
  const before = KNOWN.get(earlier)?.get('')
  if (!before) return
  const both = <Known>(kept: ReadonlyMap<string, Known> | undefined, own: ReadonlyMap<string, Known>) =>
    new Map([...(kept !== undefined && kept.size + own.size <= MAX_KEPT ? kept : []), ...own])
  const facts = both(before.earlier?.facts, before.facts)
  const belonging = both(before.earlier?.belonging, before.belonging)
  KNOWN.set(reading, new Map([['', createKnown({ facts, belonging })]]))
}

const MAX_KEPT = 50_000

function createKnown(earlier: KnownRuns['earlier']): KnownRuns {
  return {
    strips: new Map(),
    facts: new Map(),
    belonging: new Map(),
    mixed: new Set(),
    pipelines: new Map(),
    earlier,
  }
}

/** Returns the facts of a run, if they are known. */
export function knownFacts(known: KnownRuns, place: JudgedPlace): RunFacts | undefined {
  const key = runKey(place)
  const own = known.facts.get(key)
  if (own) return own.facts
  const earlier = known.earlier?.facts.get(key)
  const isSame =
    earlier?.rows !== undefined &&
    earlier.rows === place.rows &&
    earlier.facts.outcome === place.outcome &&
    earlier.facts.startedAt === place.startedAt
  if (!earlier || !isSame) return undefined
  noteFacts(known, place, earlier)
  return earlier.facts
}

/** Notes the facts of a run. */
export function noteFacts(known: KnownRuns, place: JudgedPlace, facts: KnownFacts): void {
  known.facts.set(runKey(place), facts)
}

/** Returns the owner and tags of a pipeline with this number of rows, if they are known. */
export function knownBelonging(known: KnownRuns, pipeline: string, rows: number): KnownBelonging | undefined {
  const found = known.belonging.get(pipeline) ?? known.earlier?.belonging.get(pipeline)
  if (found?.rows !== rows) return undefined
  known.belonging.set(pipeline, found)
  return found
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

/** A condition on nothing but the pipeline chooses whole runs: the facts about them hold under every other such condition. */
function conditionKey(chosen: Predicate): string {
  if (predicateColumns(chosen).every((name) => name === 'pipeline_id')) return ''
  return JSON.stringify(chosen, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}
