export type { TokenSource } from './connect/channel.ts'
export { type SparkStorage, type SparkStorageOptions, sparkStorage, storageAt } from './spark-storage.ts'
export type { SparkTable } from './spark-table.ts'
