export { type DuckdbStorage, type DuckdbStorageOptions, duckdbStorage } from './storage.ts'
export type { DuckdbTable } from './duckdb-table.ts'
