import { WriterUnsupportedError } from '@forge/writer-core'
import type { Metadata, Protocol } from '../log/actions.ts'
import { READER_FEATURES, readerFeatures } from './table-features.ts'

const NEWEST_READER = 3

/** Throws WriterUnsupportedError, `context.feature` naming the first feature or version that reading needs and this engine lacks. */
export function assertReadable(protocol: Protocol): void {
  if (protocol.minReaderVersion > NEWEST_READER) {
    throw unsupported([`minReaderVersion ${protocol.minReaderVersion}`], protocol)
  }
  const unknown = readerFeatures(protocol).filter((name) => !READER_FEATURES.has(name))
  if (unknown.length > 0) throw unsupported(unknown, protocol)
}

/** Throws WriterUnsupportedError where the table's files are no Parquet. */
export function assertReadableFiles({ format }: Metadata): void {
  const provider = format?.provider ?? 'parquet'
  if (provider.toLowerCase() === 'parquet') return
  throw new WriterUnsupportedError(`the Delta table cannot be read: its files are ${provider}`, {
    context: { feature: `format ${provider}` },
  })
}

function unsupported(features: readonly string[], protocol: Protocol): WriterUnsupportedError {
  return new WriterUnsupportedError(`the Delta table cannot be read: it needs ${features.join(', ')}`, {
    context: { feature: features[0], features, protocol },
    suggestions: ['Read it with the engine that enabled the feature, or drop the feature there.'],
  })
}
