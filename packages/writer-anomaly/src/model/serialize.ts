import { WriterConfigurationError } from '@forge/writer-core'
import type { ErrorMemory } from '../findings/step-finding.ts'
import type { PipelineState } from './pipeline-state.ts'

/** The version of the memory; it rises whenever the shape or the meaning changes. */
const VERSION = 5

/** The memory of a model as plain JSON. */
export interface SavedModel {
  readonly model: 'forge-writer-anomaly'
  readonly version: number
  /** The time zone whose hours and days were learned. */
  readonly timeZone: string
  readonly memory: unknown
}

export interface ModelMemory {
  readonly pipelines: Map<string, PipelineState>
  readonly errors: ErrorMemory
  /** The pipelines whose runs did not come lately, with the time of the first report, oldest first. */
  readonly overdue: { readonly pipeline: string; readonly id: string; readonly reportedMs: number }[]
}

export function saveModel({ pipelines, errors, overdue }: ModelMemory, timeZone: string): SavedModel {
  const plain: unknown = JSON.parse(JSON.stringify({ pipelines, errors, overdue }, tag))
  return { model: 'forge-writer-anomaly', version: VERSION, timeZone, memory: plain }
}

/** Restores a model. Throws WriterConfigurationError for the memory of another version, or of another time zone. */
export function restoreModel({ model, version, memory, ...saved }: SavedModel, timeZone: string): ModelMemory {
  if (model !== 'forge-writer-anomaly' || version !== VERSION) {
    throw unfitError(`the saved state is ${model} version ${version}, not forge-writer-anomaly version ${VERSION}`, {
      model,
      version,
      expectedVersion: VERSION,
    })
  }
  if (saved.timeZone !== timeZone) {
    throw unfitError(`the saved state has learned the days of ${saved.timeZone}, not those of ${timeZone}`, {
      timeZone: saved.timeZone,
      expectedTimeZone: timeZone,
    })
  }
  // The name and version above guarantee the shape: only saveModel writes them.
  return JSON.parse(JSON.stringify(memory), untag) as ModelMemory
}

function unfitError(problem: string, context: Readonly<Record<string, unknown>>): WriterConfigurationError {
  return new WriterConfigurationError(problem, {
    context,
    suggestions: ['Replay the history into a new model.'],
    committed: 'no',
  })
}

function tag(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { '#map': [...value] }
  if (value instanceof Set) return { '#set': [...value] }
  if (value === Number.NEGATIVE_INFINITY || value === Number.POSITIVE_INFINITY) return { '#infinity': Math.sign(value) }
  return value
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('#map' in value && Array.isArray(value['#map'])) return new Map(value['#map'] as [unknown, unknown][])
  if ('#set' in value && Array.isArray(value['#set'])) return new Set(value['#set'])
  return '#infinity' in value ? Number(value['#infinity']) * Number.POSITIVE_INFINITY : value
}
