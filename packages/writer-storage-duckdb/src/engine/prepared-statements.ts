import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { batchRows, type Row } from '@forge/writer-core'
import type { SqlQuery } from './parameters.ts'
import { readChunk } from './read-chunk.ts'
import { resultColumns } from './result-columns.ts'

/** Statements of one connection that come often: prepared once. */
export interface PreparedStatements {
  /** Resolves with the rows changed. */
  runOften(sql: string, params?: SqlQuery['params']): Promise<number>
  /** All rows of a small result. */
  rowsOften(sql: string, params?: SqlQuery['params']): Promise<Row[]>
  close(): void
}

export function preparedStatements(connection: DuckDBConnection): PreparedStatements {
  const statements = new Map<string, DuckDBPreparedStatement>()
  const prepared = async (sql: string, params: SqlQuery['params'] = []) => {
    const statement = statements.get(sql) ?? (await connection.prepare(sql))
    statements.set(sql, statement)
    bindAll(statement, params)
    return statement
  }
  return {
    runOften: async (sql, params) => (await (await prepared(sql, params)).run()).rowsChanged,
    async rowsOften(sql, params) {
      const result = await (await prepared(sql, params)).run()
      const columns = resultColumns(result)
      const rows: Row[] = []
      for (const chunk of await result.fetchAllChunks()) rows.push(...batchRows(readChunk(chunk, columns)))
      return rows
    },
    close() {
      for (const statement of statements.values()) statement.destroySync()
    },
  }
}

// Always the same types, since other ones would have the engine plan the statement anew.
function bindAll(statement: DuckDBPreparedStatement, params: SqlQuery['params']): void {
  for (const [at, value] of params.entries()) {
    if (value === null) statement.bindNull(at + 1)
    else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) statement.bindBigInt(at + 1, value)
    else statement.bindValue(at + 1, value)
  }
}
