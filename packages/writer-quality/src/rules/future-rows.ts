import { type ColumnDefinition, hasCome, isInFuture, type Measure, type Predicate } from '@forge/writer-core'
import type { MeasureContext } from '../rule.ts'

/** A time that lies ahead is not known to anybody: what it says of its row cannot be used. */
export interface PastTimes {
  /** Takes rows whose time has come; undefined for columns that are not times, which cannot be asked. */
  readonly come: Predicate | undefined
  /** Counts, as `future`, the rows that are left out. */
  readonly future: readonly Measure[]
}

export function pastTimes(column: string, { columns, now }: MeasureContext): PastTimes {
  if (!isTime(column, columns)) return { come: undefined, future: [] }
  return { come: hasCome(column, now), future: [{ as: 'future', fn: 'count', where: isInFuture(column, now) }] }
}

export function futureNote(rows: number, column: string): { readonly note?: string | undefined } {
  return rows > 0
    ? {
        note: `${rows} ${rows === 1 ? 'row lies' : 'rows lie'} in the future by ${column}, and ${rows === 1 ? 'is' : 'are'} left out`,
      }
    : {}
}

function isTime(column: string, columns: readonly ColumnDefinition[]): boolean {
  return columns.some(({ name, type }) => name === column && type === 'timestamp')
}
