import { column, type GroupKey } from '@forge/writer-core'

/** The keys of a run: two pipelines may use the same run id. */
export const RUN_KEYS: readonly GroupKey[] = [
  { as: 'pipeline', by: column('pipeline_id') },
  { as: 'run', by: column('run_id') },
]

/** A list of values in a condition stays short enough for every engine. */
export const MAX_LISTED = 5000

/** Returns the key of a run: runs of different pipelines may share an id. */
export function runKey({ pipeline, runId }: { readonly pipeline: string; readonly runId: string }): string {
  return JSON.stringify([pipeline, runId])
}
