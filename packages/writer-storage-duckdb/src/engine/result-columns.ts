import type { DuckDBResult } from '@duckdb/node-api'
import type { ColumnDefinition } from '@forge/writer-core'
import { columnTypeOf } from './column-types.ts'

/** Returns the columns of a result in the types in which they are read. */
export function resultColumns(result: DuckDBResult): ColumnDefinition[] {
  return result.columnNames().map((name, at) => ({
    name,
    type: columnTypeOf(result.columnType(at).toString()),
    nullable: true,
  }))
}
