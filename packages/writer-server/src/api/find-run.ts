import { findRun, type RunViewed, viewRun } from '@forge/writer-analytics'
import { isWriterError, type TableSource } from '@forge/writer-core'
import { ProblemError } from '../http/problem.ts'

/**
 * Returns the id of the run that an address means: the whole id, or the beginning of one. Throws ProblemError if no run, or more than one, matches.
 */
export async function wantedRun(source: TableSource, runId: string): Promise<string> {
  try {
    return await findRun(source, runId)
  } catch (error) {
    if (isWriterError(error, 'CONFIGURATION')) throw new ProblemError('NOT_FOUND', error.message, error)
    throw error
  }
}

/** Reads a run. Throws ProblemError if the log lacks it. */
export async function readWantedRun(source: TableSource, runId: string): Promise<RunViewed> {
  const view = await viewRun(source, await wantedRun(source, runId))
  if (view.available) return view
  throw new ProblemError('NOT_FOUND', view.reason, { context: { run: runId } })
}
