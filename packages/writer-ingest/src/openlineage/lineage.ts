import { runFacets } from './event.ts'
import { type JobRun, jobKey } from './fold.ts'

/** The whole run that a job is part of. */
export interface Place {
  readonly runId: string
  readonly pipelineId: string
  /** True for the job that is the run itself. */
  readonly isRun: boolean
}

interface Top {
  readonly runId: string
  readonly name: string
}

/**
 * Returns the places of jobs: by the invocation of dbt, the root that the parent facet names, the top of the chain of parents, else the job itself.
 * Each job is looked at once, however long the chains are.
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
      // Parents that name each other have no top: where the circle closes stands for it.
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
