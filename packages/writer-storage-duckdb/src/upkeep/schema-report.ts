import type { ColumnDefinition, SchemaReport } from '@forge/writer-core'
import type { TableState } from '../table/table-state.ts'

/** Compares the stored columns with the expected ones. Additional columns are allowed. */
export function schemaReport(state: TableState, expected: readonly ColumnDefinition[]): SchemaReport {
  if (!state.exists) return { valid: true, problems: [] }
  const stored = new Map(state.columns.map((column) => [column.name, column]))
  const problems = expected.flatMap((column) => {
    const found = stored.get(column.name)
    if (!found) return [{ column: column.name, problem: 'is missing', suggestion: 'migrate() adds it.' }]
    if (found.type === column.type) return []
    const problem = `is ${found.engineType.toLowerCase()}, expected ${column.type}`
    return [{ column: column.name, problem, suggestion: 'migrate() converts it.' }]
  })
  return { valid: problems.length === 0, problems }
}
