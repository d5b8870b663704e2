import { z } from 'zod'
import { lenientCount, lenientList, lenientSeconds, lenientText } from '../mapping/lenient-fields.ts'

/**
 * The parts of run_results.json v1-v6 and sources.json that are read, except the results. Only the fields that identify the run are required. A field
 * of another shape is omitted, because versions of dbt differ in them and a failed run must not be lost because of one.
 */
export const envelopeSchema = z.object({
  metadata: z.object({
    dbt_schema_version: z.string(),
    dbt_version: lenientText,
    generated_at: z.string(),
    invocation_id: lenientText,
    invocation_started_at: lenientText,
    env: z.record(z.string(), z.unknown()).nullish().catch(undefined),
    message: lenientText,
  }),
  results: z.array(z.unknown()),
  elapsed_time: lenientSeconds,
  args: z
    .object({
      which: lenientText,
      full_refresh: z.boolean().nullish().catch(undefined),
      project_dir: lenientText,
      invocation_command: lenientText,
    })
    .nullish()
    .catch(undefined),
})

const timing = lenientList(z.object({ started_at: lenientText, completed_at: lenientText }))
const record = z.record(z.string(), z.unknown()).nullish().catch(undefined)

/** The parts of a result that are read. */
export const resultSchema = z.object({
  unique_id: z.string().min(1),
  status: z.string().min(1),
  execution_time: lenientSeconds,
  timing,
  thread_id: lenientText,
  message: lenientText,
  failures: lenientCount,
  adapter_response: record,
  relation_name: lenientText,
  batch_results: z.unknown().optional(),
})

/** The parts of a result of sources.json that are read; a runtime error has only the first three. */
export const freshnessSchema = z.object({
  unique_id: z.string().min(1),
  status: z.string().min(1),
  error: z.unknown().optional(),
  max_loaded_at: lenientText,
  snapshotted_at: lenientText,
  max_loaded_at_time_ago_in_s: z.number().nullish().catch(undefined),
  execution_time: lenientSeconds,
  timing,
  thread_id: lenientText,
  adapter_response: record,
})

export type Envelope = z.infer<typeof envelopeSchema>
export type Result = z.infer<typeof resultSchema>
export type Freshness = z.infer<typeof freshnessSchema>
