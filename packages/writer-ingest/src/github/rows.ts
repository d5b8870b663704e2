import { type LogRowInput, microsFromIso } from '@forge/writer-core'
import type { AdapterOptions } from '../adapter.ts'
import { present } from '../mapping/figures.ts'
import { phaseOf } from '../mapping/phase.ts'
import { isSuccess, type Status } from '../mapping/status.ts'
import type { GithubJob, GithubRun, GithubStep } from './documents.ts'
import { statusOf } from './status.ts'

export interface GithubContext {
  readonly repository: string
  readonly workflow: string
  readonly options: AdapterOptions
  /** Told of conclusions that are not known. */
  readonly unknown: (conclusion: string) => void
}

/** The row of the whole run. */
export function runRow(run: GithubRun, context: GithubContext): LogRowInput {
  const pipelineId = pipelineOf(context)
  const start = run.run_started_at ?? run.created_at
  return {
    ...identity(run.id, context),
    ...outcome(run.conclusion, context, { event: run.event, head_branch: run.head_branch, head_sha: run.head_sha }),
    execution_id: String(run.run_attempt ?? 1),
    phase: 'pipeline',
    step_name: pipelineId,
    step_type: 'run',
    run_started_at: context.options.instants.read(start) ?? null,
    run_ended_at: context.options.instants.read(run.updated_at) ?? null,
    ...times(start, run.updated_at, context),
  }
}

/** The row of a job, or those of its steps where `depth` asks for them. */
export function jobRows(job: GithubJob, context: GithubContext): LogRowInput[] {
  const common = {
    ...identity(job.run_id, context),
    execution_id: `${job.run_attempt ?? 1}/${job.id}`,
    phase: phaseOf({ name: job.name }, context.options.phases),
  }
  if (context.options.depth === 'step' && job.steps?.length) {
    return job.steps.map((step) => ({
      ...common,
      ...outcome(step.conclusion, context, { number: step.number }),
      step_name: `${job.name} / ${step.name}`,
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
  const failed = job.steps?.find(({ conclusion }) => conclusion === 'failure' || conclusion === 'timed_out')
  const row = { ...common, ...outcome(job.conclusion, context, facts) }
  return [
    {
      ...row,
      step_name: job.name,
      step_type: 'job',
      ...times(job.started_at, job.completed_at, context),
      error_message: row.success || !failed ? null : failureText(failed),
    },
  ]
}

function failureText({ number, name, conclusion }: GithubStep): string {
  return `step ${number} ${name}: ${conclusion}`
}

function pipelineOf({ repository, workflow, options }: GithubContext): string {
  return options.pipeline ?? `${repository}/${workflow}`
}

function identity(runId: number, context: GithubContext) {
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
  const known = statusOf(conclusion ?? '')
  if (known === undefined) context.unknown(conclusion ?? '')
  const status: Status = known ?? 'error'
  const metadata = { ...present({ status, source_status: conclusion, ...facts }), rows_unknown: true }
  return { success: isSuccess(status), metadata }
}

function times(start: string | null | undefined, end: string | null | undefined, { options }: GithubContext) {
  const from = start ? options.instants.read(start) : undefined
  const to = end ? options.instants.read(end) : undefined
  const micros = from === undefined || to === undefined ? 0n : microsFromIso(to) - microsFromIso(from)
  return { start_time: from ?? null, end_time: to ?? null, duration_secs: Math.max(0, Number(micros) / 1e6) }
}
