import type { IngestAdapter } from '../adapter.ts'
import { resultSchema } from './documents.ts'
import { pipelineOf } from './pipeline.ts'
import { readResults } from './results.ts'
import { runModeOf } from './run.ts'
import { runRow } from './run-row.ts'
import { isCheck, type StepContext, stepRow } from './step-row.ts'

export const dbt: IngestAdapter = {
  format: 'dbt',
  description: 'run_results.json of dbt (v1-v6), with the manifest.json next to it',
  isOneRun: true,
  acceptsOptions: ['manifest'],
  recognizes: ({ head }) => /"dbt_schema_version"\s*:\s*"[^"]*\/run-results\//.test(head),
  async *read(input, options) {
    const document = yield* readResults(input, resultSchema, options)
    if (!document) return
    const { envelope, run, manifest, results, rejected } = document
    const stepNames = results.map(({ result }) => result.unique_id)
    const context: StepContext = {
      run,
      runMode: runModeOf(run, stepNames.length > 0 && stepNames.every(isCheck)),
      pipelineId: pipelineOf({ named: options.pipeline, manifest, args: envelope.args, uniqueIds: stepNames }),
      manifest,
      options,
      stepNames,
      runMessage: envelope.metadata.message ?? undefined,
    }
    const steps = results.map(({ result, status, position }) => {
      return { row: stepRow(result, status, context), status, position }
    })
    yield { kind: 'row', row: runRow(steps, context, rejected), position: { pointer: '/metadata' } }
    for (const { row, position } of steps) yield { kind: 'row', row, position }
  },
}
