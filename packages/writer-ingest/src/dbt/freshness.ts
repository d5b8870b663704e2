import { isSuccessStatus, type LogRowInput, type Status } from '@forge/writer-core'
import type { IngestAdapter } from '../adapter.ts'
import { present } from '../mapping/figures.ts'
import { phaseOf } from '../mapping/phase.ts'
import { type Freshness, freshnessSchema } from './documents.ts'
import { pipelineOf } from './pipeline.ts'
import { schemaOf, tableOf } from './relation.ts'
import { readResults } from './results.ts'
import { runRow } from './run-row.ts'
import { checkRate, commonFields, failureOf, type StepContext, timesOf } from './step-row.ts'

export const dbtSources: IngestAdapter = {
  format: 'dbt-sources',
  description: 'sources.json of `dbt source freshness`',
  isOneRun: true,
  acceptsOptions: ['manifest'],
  recognizes: ({ head }) => /"dbt_schema_version"\s*:\s*"[^"]*\/sources\//.test(head),
  async *read(input, options) {
    const document = yield* readResults(input, freshnessSchema, options)
    if (!document) return
    const { envelope, run, manifest, results, rejected } = document
    const stepNames = results.map(({ result }) => result.unique_id)
    const pipelineId = pipelineOf({ named: options.pipeline, manifest, args: envelope.args, uniqueIds: stepNames })
    const runMessage = envelope.metadata.message ?? undefined
    const context = { run, runMode: 'validation_only', pipelineId, manifest, options, stepNames, runMessage } as const
    const steps = results.map(({ result, status, position }) => {
      return { row: freshnessRow(result, status, context), status, position }
    })
    yield { kind: 'row', row: runRow(steps, context, rejected), position: { pointer: '/metadata' } }
    for (const { row, position } of steps) yield { kind: 'row', row, position }
  },
}

function freshnessRow(result: Freshness, status: Status, context: StepContext): LogRowInput {
  const node = context.manifest.node(result.unique_id)
  const table = tableOf(node)
  const failure = typeof result.error === 'string' ? result.error : `freshness: ${result.status}`
  const error = failureOf(status, failure)
  const { fields, durationSecs, isSuspect } = timesOf(result.timing ?? [], context)
  return {
    ...commonFields(context),
    schema: node?.schema ?? schemaOf(table) ?? 'unknown',
    phase: phaseOf({ name: result.unique_id, type: 'source', tags: node?.tags ?? [] }, context.options.phases),
    step_name: result.unique_id,
    step_type: 'freshness',
    ...fields,
    duration_secs: result.execution_time ?? durationSecs,
    table_fqn: table,
    rows_written: null,
    rows_processed: 0,
    valid_rows: 0,
    invalid_rows: 0,
    validation_rate: checkRate(status),
    success: isSuccessStatus(status),
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
