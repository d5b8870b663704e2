import { WriterUnsupportedError } from '@forge/writer-core'
import type { Protocol } from '../log/actions.ts'
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

function unsupported(features: readonly string[], protocol: Protocol): WriterUnsupportedError {
  return new WriterUnsupportedError(`the Delta table cannot be read: it needs ${features.join(', ')}`, {
    context: { feature: features[0], features, protocol },
    suggestions: ['Read it with the engine that enabled the feature, or drop the feature there.'],
  })
}
