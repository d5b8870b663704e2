import { runFacets } from './event.ts'
import { type JobRun, jobKey } from './fold.ts'

/** The whole run that a job is part of. */
export interface Place {
  readonly runId: string
  readonly pipelineId: string
  /** True for the job that is the run itself. */
  readonly isRun: boolean
}

/** By the invocation of dbt, the root that the parent facet names, the top of the chain of parents, else the job itself. */
export function placeOf(job: JobRun, jobs: ReadonlyMap<string, JobRun>): Place {
  const { parent, dbt_run } = runFacets(job.runFacets)
  const top = topOf(job, jobs)
  const runId = dbt_run?.invocation_id ?? parent?.root?.run.runId ?? top.runId
  return { runId, pipelineId: parent?.root?.job.name ?? top.name, isRun: parent === undefined || parent === null }
}

function topOf(job: JobRun, jobs: ReadonlyMap<string, JobRun>): { readonly runId: string; readonly name: string } {
  const seen = new Set<string>()
  let top: { readonly runId: string; readonly name: string } = job
  for (let current: JobRun | undefined = job; current; ) {
    const { parent } = runFacets(current.runFacets)
    if (!parent) break
    top = { runId: parent.root?.run.runId ?? parent.run.runId, name: parent.root?.job.name ?? parent.job.name }
    const key = jobKey({ ...parent.job, runId: parent.run.runId })
    // Parents that name each other have no top; the first of them stands for it.
    current = seen.has(key) ? undefined : jobs.get(key)
    seen.add(key)
  }
  return top
}
