import { type Predicate, parsePredicate, WriterSchemaError, WriterUnsupportedError } from '@forge/writer-core'
import { compilePredicate, quoteIdentifier, type Session } from '@forge/writer-storage-duckdb/engine'
import { readFilesSql } from '../data/read-files.ts'
import type { WrittenFile } from '../data/write-files.ts'
import type { Metadata } from '../log/actions.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { columnsFromSchema, logValueSql } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'

/**
 * Throws WriterSchemaError where a row of the new files breaks a CHECK constraint of the table, and WriterUnsupportedError, naming the constraint,
 * where its text cannot be understood.
 */
export async function assertConstraints(
  core: TableCore,
  session: Session,
  metadata: Metadata,
  files: readonly WrittenFile[],
): Promise<void> {
  const { constraints } = tableProperties(metadata)
  if (constraints.length === 0 || files.length === 0) return
  const schema = parseSchema(metadata)
  const columns = columnsFromSchema(schema)
  const values = schema.fields.map((field) => `${logValueSql(field)} as ${quoteIdentifier(field.name)}`)
  const rows = await readFilesSql(
    { store: core.store, session, shapes: core.shapes },
    { metadata },
    files.map((file) => file.add),
  )
  for (const [name, text] of constraints) {
    const { sql, params } = compilePredicate(parseConstraint(name, text), columns)
    const query = `select count(*) as n from (select ${values.join(', ')} from (${rows})) where (${sql}) is not true`
    const [row] = await session.rows(query, params)
    const broken = Number(row?.n ?? 0)
    if (broken === 0) continue
    throw new WriterSchemaError(`${broken} rows break the CHECK constraint ${name}`, {
      context: { constraint: name, rows: broken },
      committed: 'no',
    })
  }
}

function parseConstraint(name: string, text: string): Predicate {
  try {
    return parsePredicate(text)
  } catch (cause) {
    throw new WriterUnsupportedError(`the CHECK constraint ${name} of the table cannot be checked here`, {
      context: { feature: 'checkConstraints', constraint: name },
      cause,
    })
  }
}
