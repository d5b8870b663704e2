import { z } from 'zod'
import { lenientList, lenientText } from '../mapping/lenient-fields.ts'

const record = z.record(z.string(), z.unknown()).nullish().catch(undefined)

const dataset = z.object({ name: z.string(), inputFacets: record, outputFacets: record })

const parent = z.object({
  run: z.object({ runId: z.string() }),
  job: z.object({ namespace: z.string(), name: z.string() }),
})

/**
 * The parts of a run event that are read. Only the fields that identify the run are required: a failure must not be lost because of another field.
 */
export const runEventSchema = z.object({
  eventType: lenientText,
  eventTime: z.string(),
  producer: lenientText,
  run: z.object({ runId: z.string().min(1), facets: record }),
  job: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    facets: record,
  }),
  inputs: lenientList(dataset),
  outputs: lenientList(dataset),
})

export type RunEvent = z.infer<typeof runEventSchema>

const parentFacet = parent
  .extend({ root: parent.nullish().catch(undefined) })
  .nullish()
  .catch(undefined)

const facets = z.object({
  parent: parentFacet,
  /** The name of the facet up to version 0.3 of the specification. */
  parentRun: parentFacet,
  errorMessage: z.object({ message: z.string(), stackTrace: lenientText }).nullish().catch(undefined),
  nominalTime: z.unknown().optional(),
  tags: z.unknown().optional(),
  dbt_run: z.object({ invocation_id: z.string() }).nullish().catch(undefined),
})

export type RunFacets = Omit<z.infer<typeof facets>, 'parentRun'>

/** Returns the known facets. A facet of another shape is omitted, because anyone may define facets. */
export function runFacets(given: Readonly<Record<string, unknown>>): RunFacets {
  const { parentRun, ...known } = facets.parse(given)
  return { ...known, parent: known.parent ?? parentRun }
}

export function jobType(given: Readonly<Record<string, unknown>>): string | undefined {
  const parsed = z.object({ jobType: z.object({ jobType: z.string() }) }).safeParse(given)
  return parsed.data?.jobType.jobType.toLowerCase()
}

const RUN_FACETS = ['parent', 'parentRun', 'errorMessage', 'nominalTime', 'tags', 'dbt_run']
const JOB_FACETS = ['jobType']
const INPUT_FACETS = ['inputStatistics', 'dataQualityAssertions']
const OUTPUT_FACETS = ['outputStatistics']

/** Returns the event with only the facets that are read; others, such as column lineage, may be as large as a file. */
export function withKnownFacets(event: RunEvent): RunEvent {
  return {
    ...event,
    run: { ...event.run, facets: pick(event.run.facets, RUN_FACETS) },
    job: { ...event.job, facets: pick(event.job.facets, JOB_FACETS) },
    inputs: event.inputs?.map(({ name, inputFacets }) => ({ name, inputFacets: pick(inputFacets, INPUT_FACETS) })),
    outputs: event.outputs?.map(({ name, outputFacets }) => ({
      name,
      outputFacets: pick(outputFacets, OUTPUT_FACETS),
    })),
  }
}

function pick(facets: Readonly<Record<string, unknown>> | null | undefined, names: readonly string[]) {
  return (
    facets && Object.fromEntries(names.flatMap((name) => (Object.hasOwn(facets, name) ? [[name, facets[name]]] : [])))
  )
}
