import type { RowChoice, RunViewed } from '@forge/writer-analytics'
import { type TableSource, WriterTableError } from '@forge/writer-core'

/**
 * Returns the view of the run that a person means by the beginning of its id, or of the newest of the chosen runs. Throws WriterConfigurationError if there is no
 * such run, or more than one.
 */
export async function viewedRun(
  source: TableSource,
  text: string | undefined,
  choice: RowChoice = {},
): Promise<RunViewed> {
  const { findRun, viewRun } = await import('@forge/writer-analytics')
  const view = await viewRun(source, await findRun(source, text, choice))
  if (view.available) return view
  throw new WriterTableError(view.reason)
}
