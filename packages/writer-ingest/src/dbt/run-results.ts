import type { AdapterOptions, IngestAdapter, IngestItem, Position } from '../adapter.ts'
import { problemsOf } from '../mapping/problems.ts'
import type { IngestInput } from '../reading/input.ts'
import { readJsonElements } from '../reading/json-elements.ts'
import { type Envelope, envelopeSchema, type Result, resultSchema } from './documents.ts'
import { loadManifest } from './manifest.ts'
import { pipelineOf } from './pipeline.ts'
import { dbtRun, runModeOf } from './run.ts'
import { runRow } from './run-row.ts'
import { statusReader } from './status.ts'
import { isCheck, type StepContext, stepRow } from './step-row.ts'

export const dbt: IngestAdapter = {
  format: 'dbt',
  description: 'run_results.json of dbt (v1-v6), with the manifest.json beside it',
  heeds: ['manifest'],
  recognizes: ({ head }) => /"dbt_schema_version"\s*:\s*"[^"]*\/run-results\//.test(head),
  async *read(input, options) {
    const found: Found[] = []
    let rejected = 0
    for await (const piece of readJsonElements(input.bytes(), 'results')) {
      if (piece.kind === 'envelope') {
        yield* rowsOf({ found, rejected, envelope: piece.problem ?? readEnvelope(piece.text) }, input, options)
        return
      }
      const position = { pointer: `/results/${piece.index}`, line: piece.line }
      const result = piece.kind === 'problem' ? piece.reason : readResult(piece.text)
      if (typeof result !== 'string') {
        found.push({ result, position })
        continue
      }
      rejected++
      yield { kind: 'reject', position, reason: result, record: piece.text }
    }
  },
}

interface Found {
  readonly result: Result
  readonly position: Position
}

/** The result, or why it is none. */
function readResult(text: string): Result | string {
  try {
    const parsed = resultSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : problemsOf(parsed.error)
  } catch (error) {
    return `not valid JSON: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The envelope, or why the file cannot be placed. */
function readEnvelope(text: string): Envelope | string {
  try {
    const parsed = envelopeSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : problemsOf(parsed.error)
  } catch (error) {
    return `not valid JSON: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function* rowsOf(
  document: { readonly found: readonly Found[]; readonly rejected: number; readonly envelope: Envelope | string },
  input: IngestInput,
  options: AdapterOptions,
): AsyncGenerator<IngestItem> {
  const { found, rejected, envelope } = document
  const prepared = typeof envelope === 'string' ? envelope : await contextOf(found, envelope, input, options)
  if (typeof prepared === 'string') {
    // Without the run's id and time no result can be placed: each of them is reported, none is lost.
    for (const { result, position } of found) {
      yield { kind: 'reject', position, reason: `of the file: ${prepared}`, record: JSON.stringify(result) }
    }
    yield { kind: 'reject', position: { pointer: '' }, reason: prepared, record: '' }
    return
  }
  const { context, warning } = prepared
  if (warning) yield { kind: 'warning', text: warning }
  const statuses = statusReader(found.map(({ result }) => result.status))
  const steps = found.map(({ result, position }) => {
    const status = statuses.read(result.status)
    return { row: stepRow(result, status, context), status, position }
  })
  for (const word of statuses.unknown) {
    yield { kind: 'warning', text: `status ${JSON.stringify(word)} is not known and counts as an error` }
  }
  yield { kind: 'row', row: runRow(steps, context, rejected), position: { pointer: '/metadata' } }
  for (const { row, position } of steps) yield { kind: 'row', row, position }
}

async function contextOf(
  found: readonly Found[],
  envelope: Envelope,
  input: IngestInput,
  options: AdapterOptions,
): Promise<{ readonly context: StepContext; readonly warning?: string } | string> {
  const { manifest, ...rest } = await loadManifest(options.manifest, input.path)
  const stepNames = found.map(({ result }) => result.unique_id)
  try {
    const run = dbtRun(envelope, options.instants)
    const runMode = runModeOf(run, stepNames.length > 0 && stepNames.every(isCheck))
    const pipelineId = pipelineOf({ told: options.pipeline, manifest, args: envelope.args, uniqueIds: stepNames })
    const runMessage = envelope.metadata.message ?? undefined
    return { context: { run, runMode, pipelineId, manifest, options, stepNames, runMessage }, ...rest }
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}
