import type { StoragePackages } from '@forge/writer-core'

/** The packages that open the addresses of storages. Each is loaded when it is used. */
export const STORAGE_PACKAGES = {
  '@forge/writer-storage-postgres': () => import('@forge/writer-storage-postgres'),
  '@forge/writer-storage-spark': () => import('@forge/writer-storage-spark'),
  '@forge/writer-store-s3': () => import('@forge/writer-store-s3'),
} satisfies StoragePackages

const PACKAGE_NAME = /^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/

/** Returns true for text that may be the name of a package. */
export function isPackageName(text: unknown): text is string {
  return typeof text === 'string' && PACKAGE_NAME.test(text)
}
