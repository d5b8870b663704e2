export type { DuckdbTable } from './duckdb-table.ts'
export { type DuckdbStorage, type DuckdbStorageOptions, duckdbStorage } from './storage.ts'
