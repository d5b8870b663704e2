import { runFacets } from './event.ts'
import { type JobRun, jobKey } from './fold.ts'

/** The run that a job is part of. */
export interface Place {
  readonly runId: string
  readonly pipelineId: string
  /** True if the job is the run itself. */
  readonly isRun: boolean
}

interface Top {
  readonly runId: string
  readonly name: string
}

/**
 * Returns the run of each job: the invocation of dbt, the root in the parent facet, the top of the chain of parents, or the job itself.
 * Each job is visited once, however long the chains are.
 */
export function placesOf(jobs: ReadonlyMap<string, JobRun>): ReadonlyMap<JobRun, Place> {
  const facets = new Map([...jobs.values()].map((job) => [job, runFacets(job.runFacets)]))
  const parentOf = (job: JobRun) => facets.get(job)?.parent ?? undefined
  const tops = new Map<JobRun, Top>()
  const topOf = (start: JobRun): Top => {
    const path = new Set<JobRun>()
    let top: Top = start
    let current: JobRun | undefined = start
    while (current && !path.has(current)) {
      const parent = parentOf(current)
      if (!parent) break
      const known = tops.get(current)
      top = known ?? {
        runId: parent.root?.run.runId ?? parent.run.runId,
        name: parent.root?.job.name ?? parent.job.name,
      }
      if (known) break
      path.add(current)
      // A cycle of parents has no top; the job that closes the cycle is used.
      current = jobs.get(jobKey({ ...parent.job, runId: parent.run.runId }))
    }
    for (const each of path) tops.set(each, top)
    return top
  }
  return new Map(
    [...jobs.values()].map((job) => {
      const parent = parentOf(job)
      const top = topOf(job)
      const runId = facets.get(job)?.dbt_run?.invocation_id ?? parent?.root?.run.runId ?? top.runId
      return [job, { runId, pipelineId: parent?.root?.job.name ?? top.name, isRun: parent === undefined }]
    }),
  )
}
