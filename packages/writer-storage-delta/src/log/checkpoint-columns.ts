import type { ColumnVector } from '@forge/writer-core/storage'
import { isValid } from '@forge/writer-core/storage'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { SetTransaction } from '../actions/actions.ts'
import { exactTransaction } from '../actions/exact-transaction.ts'
import { parseFinite } from './finite-json.ts'
import { structFields } from './struct-fields.ts'

/** A column of a query over a checkpoint, and how its values are read. */
interface ReadColumn {
  readonly sql: string
  read(vector: ColumnVector, index: number): unknown
}

/** The columns of a query that make the value of one action. */
export interface ActionColumns {
  readonly sql: readonly string[]
  /** Returns the value of row `index` from the vectors of these columns; undefined if the row does not have the action. */
  read(vectors: readonly ColumnVector[], index: number): Readonly<Record<string, unknown>> | undefined
}

/** Fields that {@link actionColumns} leaves out: they repeat others in another form. */
const REPEATED: ReadonlySet<string> = new Set(['stats_parsed', 'partitionValues_parsed'])

/**
 * Returns the columns of an action of this type. `key` is a field that always has a value in rows of the action. Each field is a column of its own,
 * without JSON text for those that are plain: a checkpoint has a row for each file of the table.
 */
export function actionColumns(name: string, type: string, key: string): ActionColumns {
  const fields = structFields(type)
  if (fields === undefined || !hasPlainVersion(name, fields)) return wholeAction(name, key)
  const columns = [...fields].flatMap(([field, fieldType]) => {
    if (REPEATED.has(field)) return []
    const sql = `${quoteIdentifier(name)}.${quoteIdentifier(field)}`
    return [{ field, ...readColumn(sql, fieldType) }]
  })
  const keyAt = columns.findIndex(({ field }) => field === key)
  return {
    sql: columns.map(({ sql }) => sql),
    read(vectors, index) {
      const keyVector = vectors[keyAt]
      if (keyVector === undefined || !isValid(keyVector.validity, index)) return undefined
      const value: Record<string, unknown> = {}
      for (const [at, { field, read }] of columns.entries()) {
        const vector = vectors[at]
        value[field] = vector && isValid(vector.validity, index) ? read(vector, index) : null
      }
      if (name === 'txn') addExactVersion(value, vectors[columns.findIndex(({ field }) => field === 'version')], index)
      return value
    },
  }
}

/** Returns whether the version of a transaction can be read with every digit as a field; true for other actions. */
function hasPlainVersion(name: string, fields: ReadonlyMap<string, string>): boolean {
  return name !== 'txn' || WHOLE_TYPES.has(fields.get('version') ?? '')
}

/** Reads the action of a column that is not a struct as JSON. */
function wholeAction(name: string, key: string): ActionColumns {
  const { sql, read } = jsonColumn(quoteIdentifier(name))
  return {
    sql: [sql],
    read([vector], index) {
      if (vector === undefined || !isValid(vector.validity, index)) return undefined
      const value = read(vector, index) as Readonly<Record<string, unknown>>
      if (value[key] === null || value[key] === undefined) return undefined
      return name === 'txn' ? { ...exactTransaction(value as unknown as SetTransaction, textAt(vector, index)) } : value
    },
  }
}

const WHOLE_TYPES: ReadonlySet<string> = new Set(['BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT'])

function readColumn(sql: string, type: string): ReadColumn {
  if (type === 'VARCHAR') return { sql, read: textAt }
  if (type === 'BOOLEAN') return { sql, read: (vector, index) => vector.values[index] === 1 }
  return WHOLE_TYPES.has(type) ? { sql: `${sql}::bigint`, read: numberAt } : jsonColumn(sql)
}

function textAt(vector: ColumnVector, index: number): string {
  return vector.kind === 'text' ? (vector.values[index] ?? '') : ''
}

/** Adds the version of a transaction with every digit if a double does not hold it. */
function addExactVersion(value: Record<string, unknown>, vector: ColumnVector | undefined, index: number): void {
  if (vector?.kind !== 'int64' || Number.isSafeInteger(value.version)) return
  if (isValid(vector.validity, index)) value.exactVersion = String(vector.values[index])
}

function numberAt(vector: ColumnVector, index: number): number {
  return vector.kind === 'int64' ? Number(vector.values[index] ?? 0n) : 0
}

/** Reads values as JSON. Neighbours are often alike, and then share one value. */
function jsonColumn(sql: string): ReadColumn {
  let known: string | undefined
  let value: unknown
  return {
    sql: `to_json(${sql})::varchar`,
    read(vector, index) {
      const text = textAt(vector, index)
      if (text !== known) {
        value = parseFinite(text)
        known = text
      }
      return value
    },
  }
}
