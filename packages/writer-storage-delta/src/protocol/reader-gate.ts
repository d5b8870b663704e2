import { WriterUnsupportedError } from '@forge/writer-core'
import type { Metadata, Protocol } from '../actions/actions.ts'
import { READER_FEATURES, readerFeatures } from './table-features.ts'

const NEWEST_READER = 3

/** Throws WriterUnsupportedError if reading needs a feature or version that this engine lacks; `context.feature` names the first. */
export function assertReadable(protocol: Protocol): void {
  if (protocol.minReaderVersion > NEWEST_READER) {
    throw unsupportedError([`minReaderVersion ${protocol.minReaderVersion}`], protocol)
  }
  const unknown = readerFeatures(protocol).filter((name) => !READER_FEATURES.has(name))
  if (unknown.length > 0) throw unsupportedError(unknown, protocol)
}

/** Throws WriterUnsupportedError if the table's files are not Parquet files. */
export function assertReadableFiles({ format }: Metadata): void {
  const provider = format?.provider ?? 'parquet'
  if (provider.toLowerCase() === 'parquet') return
  throw new WriterUnsupportedError(`the Delta table cannot be read: its files are ${provider}`, {
    context: { feature: `format ${provider}` },
  })
}

function unsupportedError(features: readonly string[], protocol: Protocol): WriterUnsupportedError {
  return new WriterUnsupportedError(`the Delta table cannot be read: it needs ${features.join(', ')}`, {
    context: { feature: features[0], features, protocol },
    suggestions: ['Read it with the engine that enabled the feature, or drop the feature there.'],
  })
}
