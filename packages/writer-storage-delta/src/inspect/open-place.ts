import { WriterTableError } from '@forge/writer-core'
import { localStore } from '../store/local-store.ts'
import type { ObjectStore, ObjectStores } from '../store/object-store.ts'

/** Returns the store of the table in a folder, or at the place of object stores. */
export function openPlace(place: string | ObjectStores): ObjectStore {
  return typeof place === 'string' ? localStore(place) : place.open('')
}

export function noTable({ location }: ObjectStore): WriterTableError {
  return new WriterTableError(`no Delta table found at ${location}`, { context: { path: location } })
}
