import { hasFailed, isSuccessStatus, type LogRowInput } from '@forge/writer-core'
import type { AdapterOptions } from '../adapter.ts'
import { present } from '../mapping/figures.ts'
import { periodOf, readTime } from '../mapping/period.ts'
import { phaseOf } from '../mapping/phase.ts'
import { plainWord, type StatusReader } from '../mapping/status.ts'
import type { GithubJob, GithubRun, GithubStep } from './documents.ts'

export interface GithubContext {
  readonly repository: string
  readonly workflow: string
  readonly options: AdapterOptions
  readonly statuses: StatusReader
}

/** Returns the row of the whole run. */
export function runRow(run: GithubRun, context: GithubContext): LogRowInput {
  const pipelineId = pipelineOf(context)
  const { start_time, end_time, ...rest } = times(run.run_started_at ?? run.created_at, run.updated_at, context)
  return {
    ...identity(run.id, context),
    ...outcome(run.conclusion, context, { event: run.event, head_branch: run.head_branch, head_sha: run.head_sha }),
    execution_id: run.run_attempt ?? '1',
    phase: 'pipeline',
    step_name: pipelineId,
    step_type: 'run',
    run_started_at: start_time,
    run_ended_at: end_time,
    start_time,
    end_time,
    ...rest,
  }
}

/** Returns the row of a job, or the rows of its steps if `depth` is `step`. */
export function jobRows(job: GithubJob, context: GithubContext): LogRowInput[] {
  const name = job.name ?? `job ${job.id}`
  const common = {
    ...identity(job.run_id, context),
    execution_id: `${job.run_attempt ?? '1'}/${job.id}`,
    phase: phaseOf({ name }, context.options.phases),
  }
  if (context.options.depth === 'step' && job.steps?.length) {
    return job.steps.map((step) => ({
      ...common,
      ...outcome(step.conclusion, context, { number: step.number }),
      step_name: `${name} / ${step.name}`,
      step_type: 'step',
      ...times(step.started_at, step.completed_at, context),
    }))
  }
  const facts = {
    queued_at: job.created_at,
    runner: job.runner_name,
    labels: job.labels,
    head_branch: job.head_branch,
    head_sha: job.head_sha,
    steps: job.steps?.map(({ name, number, conclusion, started_at, completed_at }) =>
      present({ name, number, conclusion, started_at, completed_at }),
    ),
  }
  const failed = job.steps?.find(({ conclusion }) => FAILURES.includes(plainWord(conclusion ?? '')))
  const row = { ...common, ...outcome(job.conclusion, context, facts) }
  return [
    {
      ...row,
      step_name: name,
      step_type: 'job',
      ...times(job.started_at, job.completed_at, context),
      error_message: hasFailed(row) && failed ? failureText(failed) : null,
    },
  ]
}

const FAILURES = ['failure', 'timedout']

function failureText({ number, name, conclusion }: GithubStep): string {
  return `step ${number} ${name}: ${conclusion}`
}

function pipelineOf({ repository, workflow, options }: GithubContext): string {
  return options.pipeline ?? `${repository}/${workflow}`
}

function identity(runId: string, context: GithubContext) {
  return {
    run_id: `github/${context.repository}/${runId}`,
    run_mode: 'incremental',
    pipeline_id: pipelineOf(context),
    schema: context.repository.slice(context.repository.indexOf('/') + 1),
    rows_processed: 0,
  } as const
}

function outcome(
  conclusion: string | null | undefined,
  context: GithubContext,
  facts: Readonly<Record<string, unknown>>,
) {
  const status = context.statuses.read(conclusion)
  const metadata = { ...present({ status, source_status: conclusion, ...facts }), rows_unknown: true }
  return { success: isSuccessStatus(status), metadata }
}

function times(from: string | null | undefined, to: string | null | undefined, { options }: GithubContext) {
  const { start, end, durationSecs } = periodOf(readTime(from, options.instants), readTime(to, options.instants))
  return { start_time: start, end_time: end, duration_secs: durationSecs }
}
