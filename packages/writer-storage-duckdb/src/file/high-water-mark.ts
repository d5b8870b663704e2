import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** The last known commit of a file, stored next to the file. A file that lacks this commit has lost data. */
export interface HighWaterMark {
  /** The position in the journal, from 1. */
  readonly sequence: number
  /** The id of the commit. */
  readonly commitId: string
  /** The number of rows that all commits up to it added. */
  readonly rowsAdded: number
}

export interface MarkFile {
  write(mark: HighWaterMark): void
  /** Makes the mark durable and closes the file. */
  close(): void
}

const BYTES = 160

export function markPath(databasePath: string): string {
  return `${databasePath}.mark`
}

/** Returns the mark of a database, or undefined if there is no mark or it is damaged. */
export function readMark(databasePath: string): HighWaterMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(markPath(databasePath), 'utf8')) as Partial<HighWaterMark>
    const { sequence, commitId, rowsAdded } = mark
    if (!Number.isSafeInteger(sequence) || typeof commitId !== 'string') return undefined
    return { sequence: sequence ?? 0, commitId, rowsAdded: rowsAdded ?? 0 }
  } catch {
    return undefined
  }
}

/**
 * Opens the mark for writing. It is written after each commit and synced on close. An outdated mark can miss a loss but never reports a false one.
 */
export function openMark(databasePath: string): MarkFile {
  const file = openSync(markPath(databasePath), 'a+', 0o600)
  closeSync(file)
  const descriptor = openSync(markPath(databasePath), 'r+')
  let isOpen = true
  return {
    write: (mark) => {
      writeSync(
        descriptor,
        JSON.stringify(mark)
          .padEnd(BYTES - 1)
          .concat('\n'),
        0,
      )
    },
    close() {
      if (!isOpen) return
      isOpen = false
      try {
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    },
  }
}
