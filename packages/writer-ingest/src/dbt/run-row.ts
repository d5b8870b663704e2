import type { LogRowInput } from '@forge/writer-core'
import { mostFrequent, present } from '../mapping/figures.ts'
import { isSuccess, runStatus, type Status } from '../mapping/status.ts'
import { commonFields, type StepContext } from './step-row.ts'

export interface Step {
  readonly row: LogRowInput
  readonly status: Status
}

/** The one row of phase `pipeline` for the whole run; `rejected` results are not part of its figures, and it says so. */
export function runRow(steps: readonly Step[], context: StepContext, rejected = 0): LogRowInput {
  const { run, pipelineId } = context
  const status = runStatus(steps.map((step) => step.status))
  const failed = steps.find((step) => !isSuccess(step.status) && step.status !== 'upstream_failed')
  const message = failed ? `${failed.row.step_name}: ${failed.row.error_message ?? failed.status}` : context.runMessage
  const rows = steps.flatMap(({ row }) => (row.rows_written === null ? [] : [Number(row.rows_written)]))
  const written = rows.reduce((sum, each) => sum + each, 0)
  return {
    ...commonFields(context),
    schema: mostFrequent(steps.flatMap(({ row }) => (row.schema === 'unknown' ? [] : row.schema))) ?? 'unknown',
    phase: 'pipeline',
    step_name: pipelineId,
    step_type: 'run',
    start_time: run.startedAt,
    end_time: run.endedAt,
    duration_secs: run.durationSecs,
    rows_processed: written,
    rows_written: rows.length > 0 ? written : null,
    success: isSuccess(status),
    error_message: isSuccess(status) ? null : (message ?? null),
    metadata: {
      ...present({
        status,
        command: run.which,
        dbt_version: run.dbtVersion,
        parent_run_id: run.parentRunId,
        steps: countsBy(steps.map((step) => step.status)),
        rejected_results: rejected || undefined,
      }),
      ...(rows.length === 0 && { rows_unknown: true }),
    },
  }
}

function countsBy(statuses: readonly Status[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
