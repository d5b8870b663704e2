import { WriterTableError } from '@forge/writer-core'
import type { ObjectStore } from '../store/object-store.ts'
import { commitPath, LOG_DIRECTORY, type LogFile, parseLogFileName } from './log-file-name.ts'

/** A whole checkpoint: one file, or all of its parts. */
export interface CheckpointFiles {
  readonly version: number
  readonly format: 'json' | 'parquet'
  readonly paths: readonly string[]
}

/** What the log's directory holds, by its names. */
export interface LogListing {
  /** Ascending. */
  readonly commits: readonly number[]
  /** Whole checkpoints, the best to start from first. */
  readonly checkpoints: readonly CheckpointFiles[]
  readonly files: readonly LogFile[]
}

/** The files that make up the table at a version: a checkpoint, if any, and every commit after it. */
export interface LogSegment {
  readonly version: number
  readonly checkpoint: CheckpointFiles | undefined
  readonly commits: readonly number[]
}

export async function listLog(store: ObjectStore): Promise<LogListing> {
  const files = (await store.listPaths(LOG_DIRECTORY)).flatMap((path) => parseLogFileName(path) ?? [])
  const commits = files.flatMap((file) => (file.kind === 'commit' ? [file.version] : [])).sort((a, b) => a - b)
  return { commits, checkpoints: wholeCheckpoints(files), files }
}

/**
 * The segments that give `version` (default: the newest), best first: a later one starts at an older checkpoint, for the case that the newer one
 * cannot be read. Undefined where there is no table. Throws WriterTableError where commits are missing.
 */
export function logSegments(listing: LogListing, version?: number): LogSegment[] | undefined {
  const newest = Math.max(listing.commits.at(-1) ?? -1, listing.checkpoints[0]?.version ?? -1)
  if (newest === -1) return undefined
  const target = version ?? newest
  if (target > newest || target < 0) {
    throw new WriterTableError(`version ${target} is not there: the newest is ${newest}`, {
      context: { version: target, newest },
    })
  }
  const starts = [...listing.checkpoints.filter((checkpoint) => checkpoint.version <= target), undefined]
  const present = new Set(listing.commits)
  let missing: number | undefined
  const segments: LogSegment[] = []
  for (const checkpoint of starts) {
    const first = (checkpoint?.version ?? -1) + 1
    const commits = Array.from({ length: target - first + 1 }, (_, index) => first + index)
    const gap = commits.find((commit) => !present.has(commit))
    if (gap === undefined) segments.push({ version: target, checkpoint, commits })
    else missing ??= gap
  }
  if (segments.length > 0) return segments
  throw new WriterTableError(`the log cannot be read at version ${target}: ${commitPath(missing ?? 0)} is missing`, {
    context: { version: target, missing: missing ?? 0 },
  })
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
