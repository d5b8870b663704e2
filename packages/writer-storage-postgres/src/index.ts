export { type PostgresStorage, type PostgresStorageOptions, postgresStorage, storageAt } from './postgres-storage.ts'
export type { PostgresTable } from './postgres-table.ts'
