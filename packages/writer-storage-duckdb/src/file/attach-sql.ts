import { quoteText } from '../engine/identifiers.ts'

/**
 * Rows of a group; the engine's own default is 122,880. A group that is not full is laid out anew by every checkpoint, in memory: small ones make a file
 * that grows by small commits a quarter faster to write, in three fifths of the memory, and 4 % larger; one of large writes is a quarter larger. Groups of
 * any size stand beside each other in a file.
 */
const ROW_GROUP_ROWS = 30_720
const WRITABLE = `type duckdb, row_group_size ${ROW_GROUP_ROWS}`

/**
 * Oldest release of the engine that reads new files. The engine's own default is v1.0.0; since v1.3.0 it looks for one encoding of texts instead of
 * three, and stores rows with a third less of the processor.
 */
const STORAGE_VERSION = 'v1.3.0'

/** Attaches a file to be written. It keeps the storage version that it has. */
export function attachSql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (${WRITABLE})`
}

/** Attaches a file that is not there yet. */
export function attachNewSql(path: string, name: string, storageVersion = STORAGE_VERSION): string {
  return `attach ${quoteText(path)} as ${name} (${WRITABLE}, storage_version ${quoteText(storageVersion)})`
}

export function attachReadOnlySql(path: string, name: string): string {
  return `attach ${quoteText(path)} as ${name} (type duckdb, read_only)`
}
