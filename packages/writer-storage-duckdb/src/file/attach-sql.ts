import { quoteText } from '../engine/identifiers.ts'

/**
 * The number of rows in a row group; the engine's default is 122,880. Every checkpoint rewrites the groups that are not full, in memory. With small
 * groups, a file that grows by small commits is a quarter faster to write, with three fifths of the memory, and 4 % larger. A file of large writes is
 * a quarter larger. A file may contain groups of different sizes.
 */
const ROW_GROUP_ROWS = 30_720
const WRITABLE = `type duckdb, row_group_size ${ROW_GROUP_ROWS}`

/**
 * The oldest engine release that can read new files. The engine's default is v1.0.0. From v1.3.0 on it tries one text encoding instead of three, and
 * stores rows with a third less CPU time.
 */
const STORAGE_VERSION = 'v1.3.0'

/** Returns the statement that attaches a file for writing. The file keeps its storage version. */
export function attachSql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (${WRITABLE})`
}

/** Returns the statement that creates and attaches a file. */
export function attachNewSql(path: string, name: string, storageVersion = STORAGE_VERSION): string {
  return `attach ${quoteText(path)} as ${name} (${WRITABLE}, storage_version ${quoteText(storageVersion)})`
}

export function attachReadOnlySql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (type duckdb, read_only)`
}
