import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api'
import type { SqlQuery } from './parameters.ts'

/** `duckdb_result_return_type` of a result that has an error: DUCKDB_RESULT_TYPE_INVALID of DuckDB's C API. */
const INVALID_RESULT = 0

/**
 * Throws the engine's error if a stream ended early, for example at a damaged block or when memory ran out. The engine then returns no more chunks,
 * and only the type of the result shows the failure. A stream does not give the text of its error, so the statement runs again without its rows.
 */
export async function assertStreamEnded(
  result: DuckDBResult,
  connection: DuckDBConnection,
  { sql, params }: SqlQuery,
): Promise<void> {
  if (Number(result.returnType) !== INVALID_RESULT) return
  await connection.run(`explain analyze ${sql}`, [...params])
  throw new Error('IO Error: the engine ended a result before its last row')
}
