import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** The last commit that a file is known to hold, kept beside it: a file that lacks it has lost something. */
export interface HighWaterMark {
  /** Position in the journal, from 1. */
  readonly sequence: number
  /** Of that commit. */
  readonly commitId: string
  /** Rows added by all commits up to it. */
  readonly rowsAdded: number
}

export interface MarkFile {
  write(mark: HighWaterMark): void
  /** Makes it durable and lets go of the file. */
  close(): void
}

const BYTES = 160

export function markPath(databasePath: string): string {
  return `${databasePath}.mark`
}

/** The mark of a database, or undefined where there is none or it was torn while written. */
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

/** Opens the mark for writing. It is written after each commit and synced when closed: an old mark misses a loss, it never invents one. */
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
