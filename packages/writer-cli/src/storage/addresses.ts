import type { StorageOpeners } from '@forge/writer-core'

const openS3 = () => import('@forge/writer-store-s3')

/** The packages that open the addresses of storages, by their scheme. Each is loaded when it is used. */
export const STORAGE_OPENERS = { s3: openS3, s3a: openS3 } satisfies StorageOpeners

/** Returns true for the address of a storage, such as `s3://bucket/prefix`. All of them hold Delta tables. */
export function isAddress(path: string): boolean {
  return Object.keys(STORAGE_OPENERS).some((scheme) => path.toLowerCase().startsWith(`${scheme}://`))
}
