export { makeRow } from './make-row.ts'
export { newFolder } from './new-folder.ts'
export type { StorageArea, StorageLimits, StorageUnderTest } from './storage-under-test.ts'
export { testStorage } from './test-storage.ts'
