import { findColumn } from '@forge/writer-core/storage'
import { quoteText } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import type { DeltaType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'

/**
 * Returns the serialized value of a partition column in a file, by the column's physical name. Undefined for null: empty text, `null` or a missing
 * entry. Numbers and booleans, which some writers do not quote, are returned as text.
 */
export function partitionText({ partitionValues }: AddFile, name: string): string | undefined {
  const value = entryNamed(partitionValues ?? {}, name)
  return value === null || value === undefined || value === '' ? undefined : String(value)
}

/** Returns the entry of that name, otherwise one whose name differs only in letter case. */
export function entryNamed(entries: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(entries, name)) return entries[name]
  const key = findColumn(
    name,
    Object.keys(entries).map((each) => ({ name: each })),
  )?.name
  return key === undefined ? undefined : entries[key]
}

/** Returns the SQL constant for a serialized partition value. Times without a zone are UTC. */
export function partitionValueSql(value: string | undefined, type: DeltaType): string {
  if (value === undefined) return `null::${engineType(type)}`
  if (type.kind === 'primitive' && type.name === 'binary') {
    return `encode(${textSql(value)})`
  }
  return `${textSql(engineText(value, type))}::${engineType(type)}`
}

/** Quotes a text that may hold a NUL, which a literal cannot. */
function textSql(text: string): string {
  return `(${text.split('\0').map(quoteText).join(' || chr(0) || ')})`
}

function engineText(value: string, type: DeltaType): string {
  if (type.kind !== 'primitive') return value
  switch (type.name) {
    case 'float':
    case 'double':
      return value.replace('Infinity', 'inf')
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      // Java writes years of more than four digits with a sign.
      return value.replace(/^\+/, '')
    default:
      return value
  }
}
