import { crc32 } from 'node:zlib'
import { WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import type { DeletionVectorDescriptor } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { decodeRoaringBitmapArray } from './roaring-bitmap-array.ts'
import { decodeZ85 } from './z85.ts'

const UUID_CHARACTERS = 20

/** Reads the positions of the deleted rows, ascending. Throws WriterTableError if the vector is missing or damaged. */
export async function readDeletionVector(store: ObjectStore, descriptor: DeletionVectorDescriptor): Promise<number[]> {
  // The vector of no rows has no bytes, not even a magic number.
  if (descriptor.cardinality === 0 && descriptor.sizeInBytes === 0) return []
  const positions = decodeRoaringBitmapArray(await vectorBytes(store, descriptor))
  if (positions.length === descriptor.cardinality) return positions
  throw new WriterTableError('a deletion vector does not hold as many rows as the log says', {
    context: { expected: descriptor.cardinality, found: positions.length },
  })
}

/**
 * Returns the path of the file that holds the vector, relative or absolute; undefined if the vector is inline. Throws WriterUnsupportedError for an
 * unknown kind of storage.
 */
export function deletionVectorPath({ storageType, pathOrInlineDv }: DeletionVectorDescriptor): string | undefined {
  if (storageType === 'i') return undefined
  if (storageType === 'p') return decodePath(pathOrInlineDv)
  if (storageType !== 'u') {
    throw new WriterUnsupportedError(`a deletion vector has an unknown kind of storage: ${storageType}`, {
      context: { feature: 'deletionVectors', storageType },
    })
  }
  const prefix = pathOrInlineDv.slice(0, -UUID_CHARACTERS)
  const hex = Buffer.from(decodeZ85(pathOrInlineDv.slice(-UUID_CHARACTERS))).toString('hex')
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`
}

async function vectorBytes(store: ObjectStore, descriptor: DeletionVectorDescriptor): Promise<Uint8Array> {
  const path = deletionVectorPath(descriptor)
  if (path === undefined) return decodeZ85(descriptor.pathOrInlineDv).subarray(0, descriptor.sizeInBytes)
  const stored = await store.getRange(path, descriptor.offset ?? 1, descriptor.sizeInBytes + 8)
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
  const bytes = stored.subarray(4, 4 + descriptor.sizeInBytes)
  const isWhole = view.getUint32(0) === descriptor.sizeInBytes && view.getUint32(4 + bytes.length) === checksum(bytes)
  if (!isWhole) throw new WriterTableError('a deletion vector is damaged', { context: { path } })
  return bytes
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes) >>> 0
}
