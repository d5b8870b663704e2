import { isSuccessStatus, type LogRowInput, type Status, worstStatus } from '@forge/writer-core'
import { errorText } from '../mapping/error-text.ts'
import { mostFrequent, present, sumOfCounts } from '../mapping/figures.ts'
import { commonFields, type StepContext } from './step-row.ts'

export interface Step {
  readonly row: LogRowInput
  readonly status: Status
}

/**
 * Returns the row of phase `pipeline` for the whole run. `rejected` are the statuses of rejected results: they count for its status, but not for its
 * figures; the metadata says so.
 */
export function runRow(steps: readonly Step[], context: StepContext, rejected: readonly Status[]): LogRowInput {
  const { run, pipelineId } = context
  const status = worstStatus([...steps.map((step) => step.status), ...rejected])
  const rows = steps.flatMap(({ row }) => row.rows_written ?? [])
  const written = sumOfCounts(rows)
  return {
    ...commonFields(context),
    schema: mostFrequent(steps.flatMap(({ row }) => (row.schema === 'unknown' ? [] : row.schema))) ?? 'unknown',
    phase: 'pipeline',
    step_name: pipelineId,
    step_type: 'run',
    start_time: run.startedAt,
    end_time: run.endedAt,
    duration_secs: run.durationSecs,
    rows_processed: written ?? 0,
    rows_written: rows.length > 0 ? written : null,
    success: isSuccessStatus(status),
    error_message: messageOf(steps, status, context.runMessage),
    metadata: {
      ...present({
        status,
        command: run.which,
        dbt_version: run.dbtVersion,
        parent_run_id: run.parentRunId,
        steps: countsBy(steps.map((step) => step.status)),
        rejected_results: rejected.length || undefined,
      }),
      ...(rows.length === 0 && { rows_unknown: true }),
    },
  }
}

/** Returns the first failure, or null if no failure is known. */
function messageOf(steps: readonly Step[], status: Status, runMessage: string | undefined): string | null {
  if (isSuccessStatus(status) || status === 'unknown') return null
  const failed = steps.find((step) => step.row.success === false && !NOT_A_CAUSE.includes(step.status))
  const message = failed ? `${failed.row.step_name}: ${failed.row.error_message ?? failed.status}` : runMessage
  return message === undefined ? null : errorText(message).message
}

const NOT_A_CAUSE: readonly Status[] = ['upstream_failed', 'unknown']

function countsBy(statuses: readonly Status[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
