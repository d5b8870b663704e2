import type { ColumnDefinition, SchemaReport } from '@forge/writer-core'
import type { Snapshot } from '../log/snapshot.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'

/** Compares the table's columns with the expected ones. Further columns are not a problem. */
export function schemaReport(snapshot: Snapshot | undefined, expected: readonly ColumnDefinition[]): SchemaReport {
  if (snapshot === undefined) return { valid: true, problems: [] }
  const stored = new Map(columnsFromSchema(parseSchema(snapshot.metadata)).map(({ name, type }) => [name, type]))
  const problems = expected.flatMap(({ name, type }) => {
    const found = stored.get(name)
    if (found === undefined) return [{ column: name, problem: 'is missing', suggestion: '`evolve` adds it.' }]
    if (found === type || (type === 'json' && found === 'string')) return []
    return [{ column: name, problem: `is ${found}, expected ${type}` }]
  })
  return { valid: problems.length === 0, problems }
}
