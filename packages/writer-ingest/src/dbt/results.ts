import type { Status } from '@forge/writer-core'
import type { z } from 'zod'
import type { AdapterOptions, IngestItem, Position } from '../adapter.ts'
import type { IngestInput } from '../reading/input.ts'
import { readJsonElements } from '../reading/json-elements.ts'
import { MAX_HELD_CHARACTERS, TOO_MUCH, textLength } from '../reading/limits.ts'
import { readShape } from '../reading/read-shape.ts'
import { type Envelope, envelopeSchema } from './documents.ts'
import { loadManifest, type Manifest } from './manifest.ts'
import { type DbtRun, dbtRun } from './run.ts'
import { statusesOf, statusOfRejected } from './status.ts'

interface Named {
  readonly unique_id: string
  readonly status: string
  readonly adapter_response?: Readonly<Record<string, unknown>> | null | undefined
}

/** A result with its status and position. */
export interface Stated<Result> {
  readonly result: Result
  readonly status: Status
  readonly position: Position
}

/** A dbt document with a known run. */
export interface ResultDocument<Result> {
  readonly envelope: Envelope
  readonly run: DbtRun
  readonly manifest: Manifest
  readonly results: readonly Stated<Result>[]
  /** Statuses of the rejected results: `unknown` unless the result says that it failed. */
  readonly rejected: readonly Status[]
}

/**
 * Yields the rejects and warnings of a dbt document and returns the document, or the reason why its run is unknown. In that case all of its results
 * were yielded as rejects, so that none is lost.
 */
export async function* readResults<Result extends Named>(
  input: IngestInput,
  schema: z.ZodType<Result>,
  options: AdapterOptions,
): AsyncGenerator<IngestItem, ResultDocument<Result> | undefined> {
  const found: { readonly result: Result; readonly position: Position }[] = []
  const rejected: Status[] = []
  let held = 0
  let envelope: Envelope | string = 'the document is truncated'
  for await (const piece of readJsonElements(input.bytes(), 'results')) {
    if (piece.kind === 'envelope') {
      envelope = piece.problem ?? readShape(piece.text, envelopeSchema)
      continue
    }
    const position = { pointer: `/results/${piece.index}`, line: piece.line }
    const result = piece.kind === 'problem' ? piece.reason : readShape(piece.text, schema)
    const length = typeof result === 'string' ? 0 : textLength(result)
    if (typeof result !== 'string' && held + length <= MAX_HELD_CHARACTERS) {
      held += length
      found.push({ result, position })
      continue
    }
    rejected.push(statusOfRejected(piece.text))
    yield { kind: 'reject', position, reason: typeof result === 'string' ? result : TOO_MUCH, record: piece.text }
  }
  const run = typeof envelope === 'string' ? undefined : dbtRun(envelope, options.instants)
  if (typeof envelope === 'string' || run === undefined) {
    const problem =
      typeof envelope === 'string' ? envelope : '/metadata has no invocation_id, or generated_at is not a time'
    for (const { result, position } of found) {
      yield { kind: 'reject', position, reason: `invalid file: ${problem}`, record: JSON.stringify(result) }
    }
    yield { kind: 'reject', position: { pointer: '' }, reason: problem, record: '' }
    return undefined
  }
  const { manifest, warning } = await loadManifest(options.manifest, input.path)
  if (warning) yield { kind: 'warning', text: warning }
  const hasRejectedFailure = rejected.some((status) => status !== 'unknown')
  const { statuses, warnings } = statusesOf(
    found.map(({ result }) => result),
    manifest,
    { hasRejectedFailure },
  )
  for (const text of warnings) yield { kind: 'warning', text }
  if (rejected.length > 0) {
    const text = `${rejected.length} results cannot be read: the run counts as ${hasRejectedFailure ? 'failed' : 'unknown'} at best`
    yield { kind: 'warning', text }
  }
  return {
    envelope,
    run,
    manifest,
    results: found.map((each, at) => ({ ...each, status: statuses[at] ?? 'unknown' })),
    rejected,
  }
}
