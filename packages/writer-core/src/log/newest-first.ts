import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import type { OrderBy } from '../query/scan.ts'

const COLUMNS = ['start_time', 'created_at']

/**
 * Returns the order in which the rows that started last come first; rows without a start come after them, the last recorded first. Tables of other
 * writers may lack some of the columns.
 */
export function newestFirst(columns: readonly ColumnDefinition[]): readonly OrderBy[] {
  return COLUMNS.filter((name) => findColumn(name, columns)).map((column) => ({ column, descending: true }))
}
