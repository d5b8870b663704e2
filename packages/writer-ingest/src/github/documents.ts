import { z } from 'zod'
import { lenientList, lenientText } from '../mapping/lenient-fields.ts'

const id = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(String)
const attempt = z
  .union([z.number().int(), z.string().regex(/^\d+$/)])
  .transform(String)
  .nullish()
  .catch(undefined)

const step = z.object({
  name: z.string(),
  number: z.number().catch(0),
  status: lenientText,
  conclusion: lenientText,
  started_at: lenientText,
  completed_at: lenientText,
})

/**
 * The parts of a job that are read, from a webhook or the REST API. A field of another shape is omitted: a failed job must not be lost because of it.
 */
export const jobSchema = z.object({
  id,
  run_id: id,
  run_url: lenientText,
  run_attempt: attempt,
  name: lenientText,
  workflow_name: lenientText,
  status: lenientText,
  conclusion: lenientText,
  created_at: lenientText,
  started_at: lenientText,
  completed_at: lenientText,
  steps: lenientList(step),
  labels: lenientList(z.string()),
  runner_name: lenientText,
  head_branch: lenientText,
  head_sha: lenientText,
})

/** The parts of a workflow run that are read. */
export const runSchema = z.object({
  id,
  url: lenientText,
  name: lenientText,
  path: lenientText,
  status: lenientText,
  conclusion: lenientText,
  run_attempt: attempt,
  run_started_at: lenientText,
  created_at: lenientText,
  updated_at: lenientText,
  event: lenientText,
  head_branch: lenientText,
  head_sha: lenientText,
})

export type GithubJob = z.infer<typeof jobSchema>
export type GithubRun = z.infer<typeof runSchema>
export type GithubStep = z.infer<typeof step>

/** Returns `owner/name` from a URL of the API. */
export function repositoryOf(url: string | null | undefined): string | undefined {
  return /\/repos\/([^/]+\/[^/]+)\//.exec(url ?? '')?.[1]
}
