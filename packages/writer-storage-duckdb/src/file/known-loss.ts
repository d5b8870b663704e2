import { existsSync } from 'node:fs'
import type { KnownLoss } from '@forge/writer-core'
import type { ChainBreak } from '../journal/commit-chain.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { type HighWaterMark, readMark } from './high-water-mark.ts'

/** Returns the loss that the mark and the breaks in the chain of commits show, or undefined if no loss is known. */
export function knownLoss(
  journal: JournalState,
  mark: HighWaterMark | undefined,
  breaks: readonly ChainBreak[],
): KnownLoss | undefined {
  const losses = [...tailLoss(journal, mark), ...gapLosses(breaks)]
  const [only] = losses
  if (only === undefined || losses.length === 1) return only
  return {
    commits: losses.reduce((sum, { commits }) => sum + commits, 0),
    detail: losses.map(({ detail }) => detail).join('; '),
  }
}

function tailLoss(journal: JournalState, mark: HighWaterMark | undefined): KnownLoss[] {
  if (!mark) return []
  if (mark.sequence > journal.sequence) {
    const commits = mark.sequence - journal.sequence
    const rows = mark.rowsAdded - journal.rowsAdded
    return [{ commits, rows, detail: `the last ${commits} commits with ${rows} rows are missing` }]
  }
  if (journal.markedCommitId === mark.commitId) return []
  const detail = `commit ${mark.sequence} is not the commit that was acknowledged here, so this is another state of the file`
  return [{ commits: 1, detail }]
}

function gapLosses(breaks: readonly ChainBreak[]): KnownLoss[] {
  return breaks
    .filter(({ isAccepted }) => !isAccepted)
    .map(({ sequence, earlier }) => {
      const commits = Math.max(1, sequence - earlier - 1)
      const before = earlier === 0 ? 'the start of the file' : `commit ${earlier}`
      return { commits, detail: `commit ${sequence} does not follow ${before}: commits between them are missing` }
    })
}

/** Returns the loss of a file that is missing but whose mark is still there. */
export function missingFileLoss(path: string): KnownLoss | undefined {
  const mark = existsSync(path) ? undefined : readMark(path)
  if (!mark) return undefined
  const { sequence, rowsAdded } = mark
  const detail = `the database is missing, but its mark records ${sequence} commits with ${rowsAdded} rows`
  return { commits: sequence, rows: rowsAdded, detail }
}
