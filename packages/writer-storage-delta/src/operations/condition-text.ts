import type { Predicate } from '@forge/writer-core'
import { compilePredicate } from '@forge/writer-storage-duckdb/engine'
import type { Snapshot } from '../log/snapshot.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'

/** Returns a condition for the history: its shape without its values, which may be secrets. */
export function conditionText(where: Predicate, snapshot: Snapshot | undefined): string {
  if (snapshot === undefined) return '[]'
  const { sql } = compilePredicate(where, columnsFromSchema(parseSchema(snapshot.metadata)))
  return JSON.stringify([sql])
}
