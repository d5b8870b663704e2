import { WriterConfigurationError } from '@forge/writer-core'
import type { ErrorMemory } from '../findings/step-finding.ts'
import type { PipelineState } from './pipeline-state.ts'

/** Raised whenever the shape or the meaning of the memory changes. */
const VERSION = 3

/** The memory of a model as plain JSON. */
export interface SavedModel {
  readonly model: 'forge-writer-anomaly'
  readonly version: number
  /** Whose hours and days were learned. */
  readonly timeZone: string
  readonly memory: unknown
}

export interface ModelMemory {
  readonly pipelines: Map<string, PipelineState>
  readonly errors: ErrorMemory
  /** Pipelines whose runs did not come lately, and when that was told first, oldest first. */
  readonly overdue: { readonly pipeline: string; readonly id: string; readonly toldMs: number }[]
}

export function saveModel({ pipelines, errors, overdue }: ModelMemory, timeZone: string): SavedModel {
  const plain: unknown = JSON.parse(JSON.stringify({ pipelines, errors, overdue }, tagged))
  return { model: 'forge-writer-anomaly', version: VERSION, timeZone, memory: plain }
}

/** Throws WriterConfigurationError for what another version saved, or was learned by the clocks of another zone. */
export function restoreModel({ model, version, memory, ...saved }: SavedModel, timeZone: string): ModelMemory {
  if (model !== 'forge-writer-anomaly' || version !== VERSION) {
    throw unfit(`The saved state is ${model} version ${version}, not forge-writer-anomaly version ${VERSION}.`)
  }
  if (saved.timeZone !== timeZone) {
    throw unfit(`The saved state knows the days of ${saved.timeZone}, not of ${timeZone}.`)
  }
  // The name and version above vouch for the shape: only saveModel writes them.
  return JSON.parse(JSON.stringify(memory), untagged) as ModelMemory
}

function unfit(problem: string): WriterConfigurationError {
  return new WriterConfigurationError(problem, {
    suggestions: ['Replay the history into a new model.'],
    committed: 'no',
  })
}

function tagged(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { '#map': [...value] }
  if (value instanceof Set) return { '#set': [...value] }
  if (value === Number.NEGATIVE_INFINITY || value === Number.POSITIVE_INFINITY) return { '#infinity': Math.sign(value) }
  return value
}

function untagged(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('#map' in value && Array.isArray(value['#map'])) return new Map(value['#map'] as [unknown, unknown][])
  if ('#set' in value && Array.isArray(value['#set'])) return new Set(value['#set'])
  return '#infinity' in value ? Number(value['#infinity']) * Number.POSITIVE_INFINITY : value
}
