import { WriterTableError } from '@forge/writer-core'
import type { Protocol } from '../actions/actions.ts'

/** The name of this engine in commits. */
export const ENGINE_INFO = 'forge-writer'
/** The name of the writer in Parquet files, in the format that parquet-mr parses. */
export const PARQUET_WRITER = `${ENGINE_INFO} version 1`

/** The reader features that this engine supports. */
export const READER_FEATURES: ReadonlySet<string> = new Set([
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'vacuumProtocolCheck',
])

const LEGACY_READER: readonly (readonly [number, readonly string[]])[] = [[2, ['columnMapping']]]
const LEGACY_WRITER: readonly (readonly [number, readonly string[]])[] = [
  [2, ['appendOnly', 'invariants']],
  [3, ['checkConstraints']],
  [4, ['changeDataFeed', 'generatedColumns']],
  [5, ['columnMapping']],
  [6, ['identityColumns']],
]

/** Returns the names of the features that a reader must support. Throws WriterTableError if version 3 lacks its list. */
export function readerFeatures({ minReaderVersion, readerFeatures: listed }: Protocol): string[] {
  if (minReaderVersion >= 3) return [...requireList(listed, 'readerFeatures', minReaderVersion)]
  return LEGACY_READER.flatMap(([version, names]) => (version <= minReaderVersion ? names : []))
}

/** Returns the names of the features that a writer must support. Throws WriterTableError if version 7 lacks its list. */
export function writerFeatures({ minWriterVersion, writerFeatures: listed }: Protocol): string[] {
  if (minWriterVersion >= 7) return [...requireList(listed, 'writerFeatures', minWriterVersion)]
  return LEGACY_WRITER.flatMap(([version, names]) => (version <= minWriterVersion ? names : []))
}

function requireList(list: readonly string[] | null | undefined, name: string, version: number): readonly string[] {
  if (Array.isArray(list)) return list
  throw new WriterTableError(`the protocol has version ${version} but lacks ${name}`, { context: { name, version } })
}
