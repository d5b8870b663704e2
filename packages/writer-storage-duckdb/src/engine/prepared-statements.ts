import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { batchRows, type Row } from '@forge/writer-core'
import type { SqlQuery } from './parameters.ts'
import { readChunk } from './read-chunk.ts'
import { resultColumns } from './result-columns.ts'

/** Prepares frequent statements of one connection once. */
export interface PreparedStatements {
  /** Runs a statement. Resolves with the number of changed rows. */
  runOften(sql: string, params?: SqlQuery['params']): Promise<number>
  /** Resolves with all rows of a small result. */
  rowsOften(sql: string, params?: SqlQuery['params']): Promise<Row[]>
  close(): void
}

export function preparedStatements(connection: DuckDBConnection): PreparedStatements {
  const statements = new Map<string, DuckDBPreparedStatement>()
  const prepare = async (sql: string, params: SqlQuery['params'] = []) => {
    const statement = statements.get(sql) ?? (await connection.prepare(sql))
    statements.set(sql, statement)
    bindAll(statement, params)
    return statement
  }
  return {
    runOften: async (sql, params) => (await (await prepare(sql, params)).run()).rowsChanged,
    async rowsOften(sql, params) {
      const result = await (await prepare(sql, params)).run()
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

// The engine plans a statement again if the types of its values change, so each kind of value has one type.
function bindAll(statement: DuckDBPreparedStatement, params: SqlQuery['params']): void {
  for (const [at, value] of params.entries()) {
    if (value === null) statement.bindNull(at + 1)
    else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) statement.bindBigInt(at + 1, value)
    else statement.bindValue(at + 1, value)
  }
}
