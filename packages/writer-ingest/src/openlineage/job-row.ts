import { isSuccessStatus, type LogRowInput, type RunMode, type Status } from '@forge/writer-core'
import type { AdapterOptions } from '../adapter.ts'
import { errorText } from '../mapping/error-text.ts'
import { present, rowCount, sumOfCounts } from '../mapping/figures.ts'
import { partsOfName } from '../mapping/names.ts'
import { periodOf, plausibleTime } from '../mapping/period.ts'
import { phaseOf } from '../mapping/phase.ts'
import { jobType, runFacets } from './event.ts'
import type { EndType, JobRun } from './fold.ts'
import type { Place } from './lineage.ts'

export interface JobContext {
  readonly place: Place
  readonly pipelineId: string
  readonly stepName: string
  readonly runMode: RunMode
  readonly options: AdapterOptions
}

const CHECKS: readonly string[] = ['test', 'assertion']

export function isCheck(job: JobRun): boolean {
  return CHECKS.includes(jobType(job.jobFacets) ?? '')
}

/** The end of a job; a lost job never reported one. */
export type JobEnd = NonNullable<JobRun['ended']> | { readonly type: 'LOST'; readonly at: null }

/** Returns the log row of a job that has ended or was lost. */
export function jobRow(job: JobRun, end: JobEnd, context: JobContext): LogRowInput {
  const { place, pipelineId, stepName, runMode } = context
  const check = isCheck(job)
  const status = statusOf(end.type, check)
  const facets = runFacets(job.runFacets)
  const error = isSuccessStatus(status) || !facets.errorMessage ? undefined : errorText(facets.errorMessage.message)
  const table = job.outputs[0]?.name ?? null
  const written = totalOf(job.outputs.map(({ outputFacets }) => outputFacets?.outputStatistics))
  const rows = check ? null : written
  const period = periodOf(plausibleTime(job.startedAt), plausibleTime(end.at ?? undefined))
  return {
    run_id: place.runId,
    run_mode: runMode,
    run_started_at: place.isRun ? period.start : null,
    run_ended_at: place.isRun ? period.end : null,
    execution_id: job.runId,
    pipeline_id: pipelineId,
    schema: (table === null ? undefined : partsOfName(table).at(-2)) || 'unknown',
    phase: place.isRun ? 'pipeline' : phaseOfJob(job, check, context.options),
    step_name: place.isRun ? pipelineId : stepName,
    step_type: place.isRun ? 'run' : (jobType(job.jobFacets) ?? 'job'),
    start_time: period.start,
    end_time: period.end,
    duration_secs: period.durationSecs,
    table_fqn: table,
    input_rows: totalOf(job.inputs.map(({ inputFacets }) => inputFacets?.inputStatistics)),
    output_rows: rows,
    rows_written: rows,
    rows_processed: rows ?? 0,
    valid_rows: rows ?? 0,
    invalid_rows: 0,
    validation_rate: check && status !== 'success' ? 0 : 100,
    success: isSuccessStatus(status),
    error_message: error?.message ?? null,
    metadata: {
      ...present({
        status,
        source_status: end.type === 'LOST' ? 'START' : end.type,
        namespace: job.namespace,
        producer: job.producer,
        nominalTime: facets.nominalTime,
        tags: facets.tags,
        assertions: assertionsOf(job),
        outputs: job.outputs.length > 1 ? job.outputs.map(({ name }) => name) : undefined,
        error_detail: error?.detail,
        stackTrace: facets.errorMessage?.stackTrace?.slice(0, 16 * 1024),
      }),
      ...(rows === null && { rows_unknown: true }),
      ...(period.isReversed && { clock_suspect: true }),
    },
  }
}

function statusOf(type: EndType | 'LOST', check: boolean): Status {
  switch (type) {
    case 'COMPLETE':
      return 'success'
    case 'ABORT':
      return 'cancelled'
    case 'FAIL':
      return check ? 'failed' : 'error'
    case 'LOST':
      return 'lost'
  }
}

/** Returns the phase of a job; a check has the phase of the table it reads. */
function phaseOfJob(job: JobRun, check: boolean, { phases }: AdapterOptions) {
  const checked = check ? job.inputs[0]?.name : undefined
  return phaseOf({ name: checked ?? job.name, type: checked ? '' : (job.name.split('.')[0] ?? '') }, phases)
}

/** Returns the sum of the known values, or null if none is known. */
function totalOf(statistics: readonly unknown[]): number | bigint | null {
  const counts = statistics.flatMap((each) => rowCount((each as { rowCount?: unknown } | undefined)?.rowCount) ?? [])
  return counts.length === 0 ? null : sumOfCounts(counts)
}

function assertionsOf(job: JobRun): unknown {
  const found = job.inputs.flatMap(({ inputFacets }) => {
    const facet = inputFacets?.dataQualityAssertions as { assertions?: unknown } | undefined
    return Array.isArray(facet?.assertions) ? facet.assertions : []
  })
  return found.length > 0 ? found : undefined
}
