import type { LogTable, TableVersion } from '@forge/writer-core'

/** The facts by which a version of a table is recognised. */
export type VersionMark = Pick<TableVersion, 'version' | 'timestamp' | 'batchId'>

/** The writes that leave all rows as they are if they remove none. */
const APPENDS: readonly string[] = ['append', 'ignore', 'merge']
/** The number of versions beyond which reading the history costs more than it saves. */
const MAX_WRITES = 100

/** Returns the mark of a version of a table; undefined if its history does not have it. */
export async function markOf(table: LogTable, version: number): Promise<VersionMark | undefined> {
  const history = await table.history?.({ limit: 3 })
  return history?.versions.find((each) => each.version === version)
}

/** Returns whether a table at a version holds all rows of an earlier state unchanged. It may hold further rows. */
export async function holdsRowsOf(table: LogTable, version: number, earlier: VersionMark): Promise<boolean> {
  const writes = version - earlier.version
  if (writes < 0 || writes > MAX_WRITES) return false
  // Versions that were written meanwhile come first.
  const history = await table.history?.({ limit: writes + 3 })
  const versions = history?.versions.filter((each) => each.version <= version) ?? []
  const base = versions[writes]
  const isSameTable =
    base !== undefined &&
    base.version === earlier.version &&
    base.timestamp === earlier.timestamp &&
    base.batchId === earlier.batchId
  return isSameTable && versions.slice(0, writes).every(isAppend)
}

function isAppend({ operation, rowsRemoved }: TableVersion): boolean {
  return rowsRemoved === 0 && APPENDS.includes(operation)
}
