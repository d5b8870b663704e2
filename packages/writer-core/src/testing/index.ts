export type { StorageUnderTest } from './storage-under-test.ts'
export { testStorage } from './test-storage.ts'
