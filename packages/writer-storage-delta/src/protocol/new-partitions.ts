import { WriterConfigurationError } from '@forge/writer-core'
import type { StructType } from '../schema/delta-type.ts'

/** Throws WriterConfigurationError if a partition column of a new table is not a column, is named twice, or if no other column is left. */
export function assertNewPartitions(partitionColumns: readonly string[], { fields }: StructType): void {
  const columns = fields.map(({ name }) => name)
  const unknown = partitionColumns.filter((name) => !columns.includes(name))
  const problem =
    unknown.length > 0
      ? `partitionColumns names columns that do not exist in the table: ${unknown.join(', ')}`
      : new Set(partitionColumns).size < partitionColumns.length
        ? `duplicate partition columns: ${partitionColumns.join(', ')}`
        : partitionColumns.length > 0 && partitionColumns.length === columns.length
          ? 'a table cannot be partitioned by all of its columns'
          : undefined
  if (problem === undefined) return
  throw new WriterConfigurationError(problem, {
    context: { partitionColumns, columns },
    suggestions: ['Set partitionColumns to some of the columns of the table.'],
    committed: 'no',
  })
}
