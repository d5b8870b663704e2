export type { JsonStorageOptions } from './json-storage.ts'
export { jsonStorage } from './json-storage.ts'
