import { and, type Predicate } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import { runKey } from '../reading/run-keys.ts'
import { knownRuns } from './known-runs.ts'
import type { RunFacts } from './run-facts.ts'
import type { RunPlace } from './run-page.ts'

/** A run, and the pipeline and mode that the runs to compare it with must have. */
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
  // A run outside the strips may have started later in one of its modes than as a whole.
  if (reading.traits?.hasModes !== false) return undefined
  const known = knownRuns(reading, ALL)
  const places = known?.strips.get(run.pipeline)?.places ?? []
  const here = places.findIndex(({ runId }) => runId === run.runId)
  const place = places[here]
  if (!known || !place || place.startedAt === null || place.startedAt !== run.startedAt) return undefined
  const own = known.facts.get(runKey(place))?.facts
  if (!own || own.mode !== run.mode) return undefined
  if (places.some((each) => known.mixed.has(runKey(each)))) return undefined
  const since: RunFacts[] = []
  for (const before of places.slice(here + 1)) {
    const facts = known.facts.get(runKey(before))?.facts
    if (!facts) return undefined
    if (facts.mode !== run.mode) continue
    if (facts.outcome === 'succeeded') return { lastGood: facts, since, isFailed: own.outcome === 'failed' }
    since.push(facts)
  }
  return undefined
}
