import type { LogRowInput } from '@forge/writer-core'
import { microsFromIso } from '@forge/writer-core'
import type { IngestAdapter } from '../adapter.ts'
import { errorText } from '../mapping/error-text.ts'
import { present } from '../mapping/figures.ts'
import { phaseOf } from '../mapping/phase.ts'
import { problemsOf } from '../mapping/problems.ts'
import { isSuccess, type Status } from '../mapping/status.ts'
import { readJsonElements } from '../reading/json-elements.ts'
import { envelopeSchema, type Freshness, freshnessSchema } from './documents.ts'
import { loadManifest } from './manifest.ts'
import { pipelineOf } from './pipeline.ts'
import { schemaOf, tableOf } from './relation.ts'
import { dbtRun } from './run.ts'
import { runRow } from './run-row.ts'
import { statusReader } from './status.ts'
import { commonFields, type StepContext, timesOf } from './step-row.ts'

export const dbtSources: IngestAdapter = {
  format: 'dbt-sources',
  description: 'sources.json of `dbt source freshness`',
  heeds: ['manifest'],
  recognizes: ({ head }) => /"dbt_schema_version"\s*:\s*"[^"]*\/sources\//.test(head),
  async *read(input, options) {
    const found: { readonly result: Freshness; readonly pointer: string }[] = []
    let envelopeText = ''
    let problem: string | undefined
    for await (const piece of readJsonElements(input.bytes(), 'results')) {
      if (piece.kind === 'envelope') {
        envelopeText = piece.text
        problem = piece.problem
        continue
      }
      const pointer = `/results/${piece.index}`
      const parsed = piece.kind === 'element' ? parse(piece.text) : piece.reason
      if (typeof parsed !== 'string') found.push({ result: parsed, pointer })
      else yield { kind: 'reject', position: { pointer, line: piece.line }, reason: parsed, record: piece.text }
    }
    // Thrown where the document as a whole has no run in it: then nothing of it can be placed.
    if (problem !== undefined) throw new RangeError(problem)
    const envelope = envelopeSchema.parse(JSON.parse(envelopeText))
    const { manifest, warning } = await loadManifest(options.manifest, input.path)
    if (warning) yield { kind: 'warning', text: warning }
    const run = dbtRun(envelope, options.instants)
    const stepNames = found.map(({ result }) => result.unique_id)
    const pipelineId = pipelineOf({ told: options.pipeline, manifest, args: envelope.args, uniqueIds: stepNames })
    const runMessage = envelope.metadata.message ?? undefined
    const context = { run, runMode: 'validation_only', pipelineId, manifest, options, stepNames, runMessage } as const
    const statuses = statusReader(found.map(({ result }) => result.status))
    const steps = found.map(({ result, pointer }) => {
      const status = statuses.read(result.status)
      return { row: freshnessRow(result, status, context), status, pointer }
    })
    for (const word of statuses.unknown) {
      yield { kind: 'warning', text: `status ${JSON.stringify(word)} is not known and counts as an error` }
    }
    yield { kind: 'row', row: runRow(steps, context), position: { pointer: '/metadata' } }
    for (const { row, pointer } of steps) yield { kind: 'row', row, position: { pointer } }
  },
}

function parse(text: string): Freshness | string {
  try {
    const parsed = freshnessSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : problemsOf(parsed.error)
  } catch (error) {
    return `not valid JSON: ${error instanceof Error ? error.message : String(error)}`
  }
}

function freshnessRow(result: Freshness, status: Status, context: StepContext): LogRowInput {
  const node = context.manifest.node(result.unique_id)
  const table = tableOf(node)
  const failure = typeof result.error === 'string' ? result.error : `freshness: ${result.status}`
  const error = isSuccess(status) ? undefined : errorText(failure)
  const { fields, isSuspect } = timesOf(result.timing ?? [], context)
  return {
    ...commonFields(context),
    schema: node?.schema ?? schemaOf(table) ?? 'unknown',
    phase: phaseOf({ name: result.unique_id, type: 'source', tags: node?.tags ?? [] }, context.options.phases),
    step_name: result.unique_id,
    step_type: 'freshness',
    ...fields,
    duration_secs: result.execution_time ?? secondsBetween(fields),
    table_fqn: table,
    rows_written: null,
    rows_processed: 0,
    valid_rows: 0,
    invalid_rows: 0,
    validation_rate: status === 'success' ? 100 : 0,
    success: isSuccess(status),
    error_message: error?.message ?? null,
    metadata: {
      ...present({
        status,
        source_status: result.status,
        max_loaded_at: result.max_loaded_at,
        snapshotted_at: result.snapshotted_at,
        max_loaded_at_time_ago_in_s: result.max_loaded_at_time_ago_in_s,
        thread_id: result.thread_id,
        dbt_version: context.run.dbtVersion,
        parent_run_id: context.run.parentRunId,
        error_detail: error?.detail,
      }),
      ...(isSuspect && { clock_suspect: true }),
    },
  }
}

function secondsBetween({
  start_time,
  end_time,
}: {
  readonly start_time: string | null
  readonly end_time: string | null
}): number {
  if (start_time === null || end_time === null) return 0
  return Math.max(0, Number(microsFromIso(end_time) - microsFromIso(start_time)) / 1e6)
}
