import type { StorageOpeners } from '@forge/writer-core'

const openS3 = () => import('@forge/writer-store-s3')
const openPostgres = () => import('@forge/writer-storage-postgres')

/** The packages that open the addresses of storages, by their scheme. Each is loaded when it is used. */
export const STORAGE_OPENERS = {
  s3: openS3,
  s3a: openS3,
  postgres: openPostgres,
  postgresql: openPostgres,
} satisfies StorageOpeners

const KINDS: Readonly<Record<keyof typeof STORAGE_OPENERS, 'delta' | 'postgres'>> = {
  s3: 'delta',
  s3a: 'delta',
  postgres: 'postgres',
  postgresql: 'postgres',
}

/** Returns the kind of the storage at an address, such as `s3://bucket/prefix`; undefined for a path. */
export function addressKind(path: string): 'delta' | 'postgres' | undefined {
  const lower = path.toLowerCase()
  return Object.entries(KINDS).find(([scheme]) => lower.startsWith(`${scheme}://`))?.[1]
}

/** Returns true for the address of a storage. */
export function isAddress(path: string): boolean {
  return addressKind(path) !== undefined
}
