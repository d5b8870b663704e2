import type { ColumnDefinition } from '@forge/writer-core'
import { findColumn, unknownColumns } from '@forge/writer-core/storage'
import type { StoredColumn } from '../plan/column-types.ts'
import { alias, attribute, cast, type PlanExpression } from '../plan/expressions.ts'
import { toJson } from '../plan/nested-values.ts'

/** Returns the columns of the names. Throws WriterSchemaError that names every unknown column. */
export function namedColumns<Named extends ColumnDefinition>(
  names: readonly string[],
  columns: readonly Named[],
): Named[] {
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  return names.flatMap((name) => findColumn(name, columns) ?? [])
}

/** Returns a stored column in the form in which batches have its values, under the position of the column. */
export function readExpression({ column, reads }: StoredColumn, position: number): PlanExpression {
  return alias(readValue(attribute(column.name), reads), `c${position}`)
}

function readValue(value: PlanExpression, reads: StoredColumn['reads']): PlanExpression {
  switch (reads) {
    case 'plain':
      return value
    case 'json':
      return toJson(value)
    case 'text':
      return cast(value, 'string')
    case 'time':
      return cast(value, 'timestamp')
  }
}
