import { type RunGrid, rowsMarkOf } from '@forge/writer-analytics'
import type { ExpectedReport } from '@forge/writer-anomaly'
import type { TableSource } from '@forge/writer-core'
import { type ExpectationOptions, readExpectations } from './read-expectations.ts'

/** What was expected of the runs of pipelines, by what it was learned from. */
export type KeptExpectations = Map<string, ExpectedReport>

export interface KeptOptions extends ExpectationOptions {
  readonly kept?: KeptExpectations | undefined
}

const MAX_KEPT = 200

/** Reads what was expected of the runs of grids; of a single grid, what is kept if neither its rows nor the feedback has changed. */
export async function readKeptExpectations(
  source: TableSource,
  grids: readonly RunGrid[],
  { kept, ...options }: KeptOptions,
): Promise<ExpectedReport> {
  const [grid] = grids
  const key = kept && grid && grids.length === 1 ? await keyOf(source, grid) : undefined
  const found = key === undefined ? undefined : kept?.get(key)
  if (found) return found
  const read = await readExpectations(source, grids, options)
  if (key === undefined || !kept) return read
  kept.set(key, read)
  for (const oldest of kept.keys()) {
    if (kept.size <= MAX_KEPT) break
    kept.delete(oldest)
  }
  return read
}

/** Returns a text that differs if what was expected may differ; undefined if that is not known. */
async function keyOf(source: TableSource, { pipeline, runs }: RunGrid): Promise<string | undefined> {
  const rows = rowsMarkOf(source, pipeline)
  if (rows === undefined) return undefined
  const feedback = await source.table({ table: `${source.config.tableName}_anomaly_feedback` })
  const { version } = await feedback.info()
  return JSON.stringify([pipeline, rows, version, runs.length])
}
