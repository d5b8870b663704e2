import { WriterTableError } from '@forge/writer-core'
import type { ReadWays } from '../query/run-query.ts'
import type { TableState } from '../table/table-state.ts'
import { readHistory } from './history.ts'

/** Resolves with the number of a version: the given one, or the newest at a time. Throws WriterTableError if it does not exist. */
export async function versionNumber(ways: ReadWays, state: TableState, asked: number | Date): Promise<number> {
  const commits = state.exists ? await readHistory(ways, state.place) : []
  const found =
    typeof asked === 'number'
      ? commits.find(({ version }) => version === asked)
      : commits.find(({ timestamp }) => Date.parse(timestamp) <= asked.getTime())
  if (found) return found.version
  const what = typeof asked === 'number' ? `version ${asked}` : `a version at ${asked.toISOString()}`
  throw new WriterTableError(`${what} does not exist`, {
    context: { newest: commits[0]?.version ?? -1 },
    committed: 'no',
  })
}
