import { and, type Predicate } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import { knownRuns, runKey } from './known-runs.ts'
import type { RunFacts } from './run-facts.ts'
import type { RunPlace } from './run-page.ts'

/** A run, and what must be alike in the runs that it is compared with. */
export interface RunOfMode extends RunPlace {
  readonly mode: string
}

/** The runs of the same pipeline and mode before a run, up to the last one that succeeded. */
export interface RunsBefore {
  readonly lastGood: RunFacts
  /** The newest first. */
  readonly since: readonly RunFacts[]
  /** True if the run itself failed in this pipeline. */
  readonly isFailed: boolean
}

const ALL: Predicate = and()

/** Returns the runs before a run, if functions with the same reading have read all of them; undefined if the storage must be asked. */
export function runsBefore(reading: LogReading, run: RunOfMode): RunsBefore | undefined {
  const known = knownRuns(reading, ALL)
  const places = known?.strips.get(run.pipeline)?.places ?? []
  const here = places.findIndex(({ runId }) => runId === run.runId)
  const place = places[here]
  // A run that has rows in several pipelines or modes may have started, or failed, in another one.
  if (!known || !place || place.startedAt === null || place.startedAt !== run.startedAt) return undefined
  const own = known.facts.get(runKey(place))
  if (!own || own.mode !== run.mode) return undefined
  // A run of several modes is one run of each of them, which may have started at another time.
  if (places.some((each) => known.mixed.has(runKey(each)))) return undefined
  const elsewhere = new Set<string>()
  for (const [pipeline, strip] of known.strips) {
    if (pipeline !== run.pipeline) for (const each of strip.places) elsewhere.add(each.runId)
  }
  // What is compared in the end are all rows of a run, those of other pipelines too.
  if (places.some(({ runId }) => elsewhere.has(runId))) return undefined
  const since: RunFacts[] = []
  for (const before of places.slice(here + 1)) {
    const facts = known.facts.get(runKey(before))
    if (!facts) return undefined
    if (facts.mode !== run.mode) continue
    if (facts.outcome === 'succeeded') return { lastGood: facts, since, isFailed: own.outcome === 'failed' }
    since.push(facts)
  }
  return undefined
}
