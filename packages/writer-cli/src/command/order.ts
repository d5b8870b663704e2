import type { OrderBy } from '@forge/writer-core'
import { UsageError } from './usage-error.ts'

/** Parses a sort order such as `duration_secs:desc`; the default direction is ascending. Throws UsageError. */
export function parseOrder(text: string): OrderBy {
  const [, column = '', direction = 'asc'] = /^(.+?)(?::(asc|desc))?$/.exec(text) ?? []
  if (column === '' || column.includes(':')) {
    throw new UsageError(`"${text}" is not a valid sort order`, { suggestions: ['Use COLUMN or COLUMN:desc.'] })
  }
  return { column, descending: direction === 'desc' }
}
