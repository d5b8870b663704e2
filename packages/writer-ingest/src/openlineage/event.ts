import { z } from 'zod'

const dataset = z.object({
  name: z.string(),
  inputFacets: z.record(z.string(), z.unknown()).nullish(),
  outputFacets: z.record(z.string(), z.unknown()).nullish(),
})

const parent = z.object({
  run: z.object({ runId: z.string() }),
  job: z.object({ namespace: z.string(), name: z.string() }),
})

/** What is read of a run event. */
export const runEventSchema = z.object({
  eventType: z.string().nullish(),
  eventTime: z.string(),
  producer: z.string().nullish(),
  run: z.object({ runId: z.string().min(1), facets: z.record(z.string(), z.unknown()).nullish() }),
  job: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    facets: z.record(z.string(), z.unknown()).nullish(),
  }),
  inputs: z.array(dataset).nullish(),
  outputs: z.array(dataset).nullish(),
})

export type RunEvent = z.infer<typeof runEventSchema>

const facets = z.object({
  parent: parent.extend({ root: parent.nullish() }).nullish().catch(undefined),
  errorMessage: z.object({ message: z.string(), stackTrace: z.string().nullish() }).nullish().catch(undefined),
  nominalTime: z.unknown().optional(),
  tags: z.unknown().optional(),
  dbt_run: z.object({ invocation_id: z.string() }).nullish().catch(undefined),
})

export type RunFacets = z.infer<typeof facets>

/** The facets that are known; one of another shape is left out, since anybody may invent facets. */
export function runFacets(given: Readonly<Record<string, unknown>>): RunFacets {
  return facets.parse(given)
}

export function jobType(given: Readonly<Record<string, unknown>>): string | undefined {
  const parsed = z.object({ jobType: z.object({ jobType: z.string() }) }).safeParse(given)
  return parsed.data?.jobType.jobType.toLowerCase()
}
