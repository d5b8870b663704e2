import { quoteText } from '@forge/writer-storage-duckdb/engine'
import type { DeltaType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'

/** The constant that a serialized partition value stands for. Empty text and `null` are null; times without a zone are UTC. */
export function partitionValueSql(value: string | null | undefined, type: DeltaType): string {
  if (value === null || value === undefined || value === '') return `null::${engineType(type)}`
  if (type.kind === 'primitive' && type.name === 'binary') {
    return `encode(${textSql(value)})`
  }
  return `${textSql(engineText(value, type))}::${engineType(type)}`
}

/** No literal holds a NUL. */
function textSql(text: string): string {
  return `(${text.split('\0').map(quoteText).join(' || chr(0) || ')})`
}

function engineText(value: string, type: DeltaType): string {
  if (type.kind === 'primitive' && (type.name === 'float' || type.name === 'double')) {
    return value.replace('Infinity', 'inf')
  }
  return value
}
