import { WriterConfigurationError } from '@forge/writer-core'

/** An observation of a series. */
export interface Point {
  readonly value: number
  /** The time in milliseconds since 1970, UTC. */
  readonly timeMs: number
  /** The number of tries of which `value` is the share of successes; only for rates. */
  readonly trials?: number | undefined
}

/** The memory of a detector: plain JSON, so that it can be stored and loaded again. */
export interface DetectorState {
  readonly detector: string
  readonly version: number
  readonly memory: unknown
}

/** A detector that judges a series point by point, in constant memory, and never looks ahead. */
export interface Detector {
  readonly name: string
  /** Scores the point by the points before it, then learns it. 0-1; 0 for a value that is not finite, which is not learned. */
  update(point: Point): number
  /** Returns a copy of the memory; a detector created from it continues as if nothing had happened. */
  save(): DetectorState
}

/**
 * Creates a detector, new or from the result of {@link Detector.save}. Throws WriterConfigurationError for the state of another detector or version.
 */
export type DetectorFactory = (saved?: DetectorState) => Detector

interface Definition<Memory> {
  readonly name: string
  /** The version of the memory; it rises whenever its shape or meaning changes. */
  readonly version: number
  readonly start: () => Memory
  readonly update: (memory: Memory, point: Point) => number
}

/** Creates the factory of a detector from its memory and its rule. */
export function defineDetector<Memory>({ name, version, start, update }: Definition<Memory>): DetectorFactory {
  return (saved) => {
    if (saved && (saved.detector !== name || saved.version !== version)) {
      throw new WriterConfigurationError(
        `The saved state belongs to ${saved.detector} version ${saved.version}, not to ${name} version ${version}.`,
        { suggestions: ['Replay the history into a new detector.'] },
      )
    }
    // The name and version above guarantee the shape: only save() of this definition writes them.
    const memory = saved ? (structuredClone(saved.memory) as Memory) : start()
    return {
      name,
      update: (point) => (Number.isFinite(point.value) ? update(memory, withinReach(point)) : 0),
      save: () => ({ detector: name, version, memory: structuredClone(memory) }),
    }
  }
}

/** Returns the point with a value of at most 1e100, whose square is finite. */
function withinReach(point: Point): Point {
  return Math.abs(point.value) <= 1e100 ? point : { ...point, value: Math.sign(point.value) * 1e100 }
}
