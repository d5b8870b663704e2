import { WriterConfigurationError } from '@forge/writer-core'

/** One observation of a series. */
export interface Point {
  readonly value: number
  /** Milliseconds since 1970, UTC. */
  readonly timeMs: number
  /** Number of tries of which `value` is the share that succeeded; only for rates. */
  readonly trials?: number | undefined
}

/** What a detector remembers: plain JSON, so that it can be stored and loaded again. */
export interface DetectorState {
  readonly detector: string
  readonly version: number
  readonly memory: unknown
}

/** Judges a series point by point, in constant memory, and never looks ahead. */
export interface Detector {
  readonly name: string
  /** Scores the point by what came before it, then learns it. 0-1; 0 for a value that is not finite, which is not learned. */
  update(point: Point): number
  /** A copy of the memory; a detector made from it goes on as if nothing had happened. */
  save(): DetectorState
}

/** Makes a detector, new or from what {@link Detector.save} gave. Throws CONFIGURATION for the state of another detector or version. */
export type DetectorFactory = (saved?: DetectorState) => Detector

interface Definition<Memory> {
  readonly name: string
  /** Raised whenever the memory's shape or meaning changes. */
  readonly version: number
  readonly start: () => Memory
  readonly update: (memory: Memory, point: Point) => number
}

/** Makes a detector's factory from its memory and its rule. */
export function defineDetector<Memory>({ name, version, start, update }: Definition<Memory>): DetectorFactory {
  return (saved) => {
    if (saved && (saved.detector !== name || saved.version !== version)) {
      throw new WriterConfigurationError(
        `The saved state belongs to ${saved.detector} version ${saved.version}, not to ${name} version ${version}.`,
        { suggestions: ['Replay the history into a new detector.'] },
      )
    }
    // The name and version above vouch for the shape: only save() of this definition writes them.
    const memory = saved ? (structuredClone(saved.memory) as Memory) : start()
    return {
      name,
      update: (point) => (Number.isFinite(point.value) ? update(memory, withinReach(point)) : 0),
      save: () => ({ detector: name, version, memory: structuredClone(memory) }),
    }
  }
}

/** Beyond 1e100 a value counts as 1e100: its square must stay finite. */
function withinReach(point: Point): Point {
  return Math.abs(point.value) <= 1e100 ? point : { ...point, value: Math.sign(point.value) * 1e100 }
}
