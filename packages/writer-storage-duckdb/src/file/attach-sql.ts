import { quoteText } from '../engine/identifiers.ts'

/**
 * Rows of a group; the engine's own default is 122,880. A group that is not full is laid out anew by every checkpoint, in memory: small ones make a file
 * that grows by small commits a quarter faster to write, in three fifths of the memory, and 4 % larger. Groups of any size stand beside each other in a file.
 */
const ROW_GROUP_ROWS = 30_720

/** Attaches a file to be written. */
export function attachSql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (type duckdb, row_group_size ${ROW_GROUP_ROWS})`
}

export function attachReadOnlySql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (type duckdb, read_only)`
}
