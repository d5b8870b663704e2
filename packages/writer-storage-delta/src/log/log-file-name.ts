export const LOG_DIRECTORY = '_delta_log/'
export const SIDECAR_DIRECTORY = `${LOG_DIRECTORY}_sidecars/`

/** A file of the log, identified by its exact name. Everything else in the log's directory is ignored. */
export type LogFile = { readonly path: string } & (
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'checkpoint'; readonly version: number }
  | { readonly kind: 'checkpointPart'; readonly version: number; readonly part: number; readonly parts: number }
  | { readonly kind: 'uuidCheckpoint'; readonly version: number; readonly format: 'json' | 'parquet' }
  | { readonly kind: 'compaction'; readonly version: number; readonly from: number }
  | { readonly kind: 'checksum'; readonly version: number }
)

const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
const NAME = new RegExp(
  `^(\\d{20})\\.(?:(json)|(crc)|(\\d{20})\\.compacted\\.json|checkpoint\\.(?:(parquet)|(\\d{10})\\.(\\d{10})\\.parquet|${UUID}\\.(json|parquet)))$`,
)

/** Parses a path that starts with `_delta_log/`. Returns undefined if the protocol does not define the name. */
export function parseLogFileName(path: string): LogFile | undefined {
  const match = NAME.exec(path.slice(LOG_DIRECTORY.length))
  if (!match) return undefined
  const [, versionText, commit, checksum, compactedTo, classic, part, parts, format] = match
  const version = Number(versionText)
  if (commit) return { path, kind: 'commit', version }
  if (checksum) return { path, kind: 'checksum', version }
  if (compactedTo) return { path, kind: 'compaction', from: version, version: Number(compactedTo) }
  if (classic) return { path, kind: 'checkpoint', version }
  if (part && parts) return { path, kind: 'checkpointPart', version, part: Number(part), parts: Number(parts) }
  return { path, kind: 'uuidCheckpoint', version, format: format === 'json' ? 'json' : 'parquet' }
}

export function commitPath(version: number): string {
  return `${LOG_DIRECTORY}${padVersion(version)}.json`
}

export function checkpointPath(version: number): string {
  return `${LOG_DIRECTORY}${padVersion(version)}.checkpoint.parquet`
}

export const LAST_CHECKPOINT_PATH = `${LOG_DIRECTORY}_last_checkpoint`

function padVersion(version: number): string {
  return String(version).padStart(20, '0')
}
