import { z } from 'zod'

const step = z.object({
  name: z.string(),
  number: z.number(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
})

/** What is read of a job, in a webhook or by REST. */
export const jobSchema = z.object({
  id: z.number(),
  run_id: z.number(),
  run_url: z.string().nullish(),
  run_attempt: z.number().nullish(),
  name: z.string(),
  workflow_name: z.string().nullish(),
  status: z.string(),
  conclusion: z.string().nullish(),
  created_at: z.string().nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  steps: z.array(step).nullish(),
  labels: z.array(z.string()).nullish(),
  runner_name: z.string().nullish(),
  head_branch: z.string().nullish(),
  head_sha: z.string().nullish(),
})

/** What is read of a run of a workflow. */
export const runSchema = z.object({
  id: z.number(),
  url: z.string().nullish(),
  name: z.string().nullish(),
  path: z.string().nullish(),
  status: z.string(),
  conclusion: z.string().nullish(),
  run_attempt: z.number().nullish(),
  run_started_at: z.string().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
  event: z.string().nullish(),
  head_branch: z.string().nullish(),
  head_sha: z.string().nullish(),
})

export type GithubJob = z.infer<typeof jobSchema>
export type GithubRun = z.infer<typeof runSchema>
export type GithubStep = z.infer<typeof step>

/** `owner/name` out of an address of the API. */
export function repositoryOf(url: string | null | undefined): string | undefined {
  return /\/repos\/([^/]+\/[^/]+)\//.exec(url ?? '')?.[1]
}
