import { z } from 'zod'

/** What is read of run_results.json v1-v6, beside its results. Fields of other types reject the file. */
export const envelopeSchema = z.object({
  metadata: z.object({
    dbt_schema_version: z.string(),
    dbt_version: z.string().optional(),
    generated_at: z.string(),
    invocation_id: z.string().nullish(),
    invocation_started_at: z.string().nullish(),
    env: z.record(z.string(), z.unknown()).nullish(),
    message: z.string().nullish(),
  }),
  elapsed_time: z.number().nonnegative().nullish(),
  args: z
    .object({
      which: z.string().nullish(),
      full_refresh: z.boolean().nullish(),
      project_dir: z.string().nullish(),
      invocation_command: z.string().nullish(),
    })
    .nullish(),
})

/** What is read of one result. */
export const resultSchema = z.object({
  unique_id: z.string().min(1),
  status: z.string().min(1),
  execution_time: z.number().nonnegative().nullish(),
  timing: z.array(z.object({ started_at: z.string().nullish(), completed_at: z.string().nullish() })).nullish(),
  thread_id: z.string().nullish(),
  message: z.string().nullish(),
  failures: z.number().nullish(),
  adapter_response: z.record(z.string(), z.unknown()).nullish(),
  relation_name: z.string().nullish(),
  batch_results: z.unknown().optional(),
})

/** What is read of one result of sources.json; a runtime error has only the first three. */
export const freshnessSchema = z.object({
  unique_id: z.string().min(1),
  status: z.string().min(1),
  error: z.unknown().optional(),
  max_loaded_at: z.string().nullish(),
  snapshotted_at: z.string().nullish(),
  max_loaded_at_time_ago_in_s: z.number().nullish(),
  execution_time: z.number().nonnegative().nullish(),
  timing: z.array(z.object({ started_at: z.string().nullish(), completed_at: z.string().nullish() })).nullish(),
  thread_id: z.string().nullish(),
  adapter_response: z.record(z.string(), z.unknown()).nullish(),
})

export type Envelope = z.infer<typeof envelopeSchema>
export type Result = z.infer<typeof resultSchema>
export type Freshness = z.infer<typeof freshnessSchema>
