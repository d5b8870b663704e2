import { type ColumnDefinition, hasCome, isInFuture, type Measure, type Predicate } from '@forge/writer-core'
import type { MeasureContext } from '../rule.ts'

/** The handling of times in the future: such a row cannot be used. */
export interface PastTimes {
  /** The condition of rows whose time has come; undefined for columns that are not times. */
  readonly come: Predicate | undefined
  /** The measure `future`, which counts the ignored rows. */
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
