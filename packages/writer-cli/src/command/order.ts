import type { OrderBy } from '@forge/writer-core'
import { UsageError } from './usage-error.ts'

/** `duration_secs:desc` as an order; the default direction is ascending. Throws UsageError. */
export function parseOrder(text: string): OrderBy {
  const [, column = '', direction = 'asc'] = /^(.+?)(?::(asc|desc))?$/.exec(text) ?? []
  if (column === '' || column.includes(':')) {
    throw new UsageError(`"${text}" is no order`, { suggestions: ['Write a column, or column:desc.'] })
  }
  return { column, descending: direction === 'desc' }
}
