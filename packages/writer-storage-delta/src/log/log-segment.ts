import { WriterTableError } from '@forge/writer-core'
import type { ObjectStore } from '../store/object-store.ts'
import { commitPath, LOG_DIRECTORY, type LogFile, parseLogFileName } from './log-file-name.ts'

/** A complete checkpoint: one file, or all of its parts. */
export interface CheckpointFiles {
  readonly version: number
  readonly format: 'json' | 'parquet'
  readonly paths: readonly string[]
}

/** The content of the log's directory, by the names of the files. */
export interface LogListing {
  /** The versions with a commit, ascending. */
  readonly commits: readonly number[]
  /** The complete checkpoints, the best one to start from first. */
  readonly checkpoints: readonly CheckpointFiles[]
  readonly files: readonly LogFile[]
}

/** The files that define the table at a version: a checkpoint, if any, and every commit after it. */
export interface LogSegment {
  readonly version: number
  readonly checkpoint: CheckpointFiles | undefined
  /** The commits after the checkpoint, ascending, without a gap. */
  readonly commits: readonly CommitSpan[]
}

/** A commit, or a compaction of several commits if one of them is missing. */
export interface CommitSpan {
  readonly path: string
  /** The last version in the span. */
  readonly version: number
}

export async function listLog(store: ObjectStore): Promise<LogListing> {
  const files = (await store.listPaths(LOG_DIRECTORY)).flatMap((path) => parseLogFileName(path) ?? [])
  const commits = files.flatMap((file) => (file.kind === 'commit' ? [file.version] : [])).sort((a, b) => a - b)
  return { commits, checkpoints: wholeCheckpoints(files), files }
}

/**
 * Yields the segments that define `version` (default: the newest), best first: later ones start at an older checkpoint, in case a newer one cannot be
 * read. Yields undefined if there is no table. Throws WriterTableError if commits are missing.
 */
export function logSegments(listing: LogListing, version?: number): LogSegment[] | undefined {
  const newest = Math.max(listing.commits.at(-1) ?? -1, listing.checkpoints[0]?.version ?? -1)
  if (newest === -1) return undefined
  const target = version ?? newest
  if (target > newest || target < 0) {
    throw new WriterTableError(`version ${target} does not exist (newest: ${newest})`, {
      context: { version: target, newest },
    })
  }
  const starts = [...listing.checkpoints.filter((checkpoint) => checkpoint.version <= target), undefined]
  const spans = spanFinder(listing, target)
  let missing: number | undefined
  const segments: LogSegment[] = []
  for (const checkpoint of starts) {
    const commits: CommitSpan[] = []
    let next = (checkpoint?.version ?? -1) + 1
    for (let span = spans(next); span; span = spans(next)) {
      commits.push(span)
      next = span.version + 1
    }
    if (next > target) segments.push({ version: target, checkpoint, commits })
    else missing ??= next
  }
  if (segments.length > 0) return segments
  throw new WriterTableError(`the log cannot be read at version ${target}: ${commitPath(missing ?? 0)} is missing`, {
    context: { version: target, missing: missing ?? 0 },
  })
}

/**
 * Returns a function that finds what to read for a version: its commit, otherwise the longest compaction that contains it and ends no later than
 * `target`.
 */
function spanFinder({ commits, files }: LogListing, target: number): (version: number) => CommitSpan | undefined {
  const present = new Set(commits)
  const compactions = files
    .filter((file) => file.kind === 'compaction')
    .filter((file) => file.version <= target)
    .sort((a, b) => b.version - a.version)
  return (version) => {
    if (version > target) return undefined
    if (present.has(version)) return { path: commitPath(version), version }
    return compactions.find((file) => file.from <= version && version <= file.version)
  }
}

function wholeCheckpoints(files: readonly LogFile[]): CheckpointFiles[] {
  const whole: CheckpointFiles[] = []
  const parts = new Map<string, string[]>()
  for (const file of files) {
    if (file.kind === 'checkpoint') whole.push({ version: file.version, format: 'parquet', paths: [file.path] })
    if (file.kind === 'uuidCheckpoint') whole.push({ version: file.version, format: file.format, paths: [file.path] })
    if (file.kind !== 'checkpointPart') continue
    const key = `${file.version}/${file.parts}`
    const found = [...(parts.get(key) ?? []), file.path]
    parts.set(key, found)
    if (found.length === file.parts) whole.push({ version: file.version, format: 'parquet', paths: found })
  }
  return whole.sort((a, b) => b.version - a.version)
}
