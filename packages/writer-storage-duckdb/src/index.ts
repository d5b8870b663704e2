export { type DuckdbStorage, type DuckdbStorageOptions, duckdbStorage } from './storage.ts'
export type { DuckdbTable } from './table/duckdb-table.ts'
