import {
  type ColumnDefinition,
  isWriterError,
  parsePredicate,
  WriterSchemaError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { predicateColumns } from '@forge/writer-core/storage'
import { compilePredicate, quoteIdentifier, type SqlQuery } from '@forge/writer-storage-duckdb/engine'
import type { AddFile, Metadata } from '../actions/actions.ts'
import { type FileSource, readFilesSql } from '../data/read-files.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { StructField } from '../schema/delta-type.ts'
import { columnsFromSchema, isRequired, logValueSql } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'

/** A condition on every row of the table, in a form that core can check. */
export interface Constraint {
  readonly name: string
  readonly feature: 'checkConstraints' | 'invariants'
  readonly condition: SqlQuery
}

/**
 * Returns the table's CHECK constraints and invariants, NOT NULL of nested columns and the lengths of texts. Throws WriterUnsupportedError naming one
 * that cannot be checked here: rows are never written unchecked.
 */
export function constraintsOf(metadata: Metadata): Constraint[] {
  const checks = tableProperties(metadata).constraints.map(([name, sql]) => ({
    name,
    sql,
    feature: 'checkConstraints',
  }))
  const invariants = parseSchema(metadata).fields.flatMap((field) => {
    const sql = invariantSql(field)
    return sql === undefined ? [] : [{ name: `of column ${field.name}`, sql, feature: 'invariants' }]
  })
  const stated = [...checks, ...invariants].map(({ name, sql, feature }) => {
    const kind = feature === 'invariants' ? feature : 'checkConstraints'
    return { name, feature: kind, condition: compile(metadata, name, kind, sql) } as const
  })
  return [...stated, ...requiredNested(metadata), ...textLengths(metadata)]
}

/**
 * Returns the constraints of nested columns that must have a value. The engine's report on a new file only counts the nulls of leaves. As in Spark, a
 * required field also requires the outermost struct around it.
 */
function requiredNested(metadata: Metadata): Constraint[] {
  return parseSchema(metadata).fields.flatMap((field) => {
    const path = field.type.kind === 'primitive' || field.type.kind === 'decimal' ? undefined : requiredPath(field)
    if (path === undefined) return []
    const condition = { sql: `${caseless(field.name)} is not null`, params: [] }
    return [{ name: `NOT NULL of column ${path}`, feature: 'invariants', condition }]
  })
}

/** Returns the path of the field, or of the first field inside its structs, that must have a value. Fields inside lists and maps do not count. */
function requiredPath(field: StructField): string | undefined {
  if (isRequired(field)) return field.name
  if (field.type.kind !== 'struct') return undefined
  const paths = field.type.fields.flatMap((inner) => requiredPath(inner) ?? [])
  return paths[0] === undefined ? undefined : `${field.name}.${paths[0]}`
}

/**
 * Returns the constraints of `char(n)` and `varchar(n)` columns of Spark. They are strings in the log; the metadata of the field holds the length.
 */
function textLengths(metadata: Metadata): Constraint[] {
  return parseSchema(metadata).fields.flatMap(({ name, type, metadata: { __CHAR_VARCHAR_TYPE_STRING: declared } }) => {
    const length = /^(?:var)?char\((\d+)\)$/.exec(String(declared))?.[1]
    if (length === undefined || type.kind !== 'primitive' || type.name !== 'string') return []
    const column = caseless(name)
    const condition = { sql: `${column} is null or length(${column}) <= ${length}`, params: [] }
    return [{ name: `${declared} of column ${name}`, feature: 'invariants', condition }]
  })
}

/** Throws WriterSchemaError, naming the constraint, if a row of `files` does not fulfil it. Unknown counts as not fulfilled, as in Spark. */
export async function assertConstraints(
  source: FileSource,
  metadata: Metadata,
  files: readonly AddFile[],
  constraints: readonly Constraint[],
): Promise<void> {
  if (constraints.length === 0 || files.length === 0) return
  const rows = await readFilesSql(source, { metadata }, files)
  const values = parseSchema(metadata).fields.map((field) => `${logValueSql(field)} as ${caseless(field.name)}`)
  for (const { name, feature, condition } of constraints) {
    const [row] = await source.session.rows(
      `select count(*) as n from (select ${values.join(', ')} from (${rows})) where (${condition.sql}) is not true`,
      condition.params,
    )
    const violations = Number(row?.n ?? 0)
    if (violations === 0) continue
    throw new WriterSchemaError(`${violations} rows violate the constraint ${name} of the table`, {
      context: { feature, constraint: name, rows: violations },
      committed: 'no',
    })
  }
}

function compile(metadata: Metadata, name: string, feature: Constraint['feature'], sql: string): SqlQuery {
  const { fields } = parseSchema(metadata)
  try {
    const predicate = parsePredicate(sql)
    const used = new Set(predicateColumns(predicate))
    const unfaithful = fields.find((field) => used.has(field.name.toLowerCase()) && !isFaithful(field))
    if (unfaithful === undefined)
      return compilePredicate(predicate, columnsFromSchema({ kind: 'struct', fields }).map(caselessColumn))
    throw uncheckableError(name, feature)
  } catch (error) {
    if (isWriterError(error, 'UNSUPPORTED')) throw error
    throw uncheckableError(name, feature, error)
  }
}

/** Returns true if the log's type of the column holds each of its values exactly. */
function isFaithful({ type }: StructField): boolean {
  return type.kind === 'decimal' || (type.kind === 'primitive' && type.name !== 'binary' && type.name !== 'void')
}

// Spark ignores the case of names, and the parser lower-cases names without quotes.
function caselessColumn(column: ColumnDefinition): ColumnDefinition {
  return { ...column, name: column.name.toLowerCase() }
}

function caseless(name: string): string {
  return quoteIdentifier(name.toLowerCase())
}

/** Returns the SQL of an invariant, stored as `{"expression":{"expression":"x > 3"}}` in the metadata of a field. */
function invariantSql({ metadata }: StructField): string | undefined {
  const text = metadata['delta.invariants']
  if (typeof text !== 'string') return undefined
  try {
    const { expression } = JSON.parse(text)
    return typeof expression?.expression === 'string' ? expression.expression : text
  } catch {
    return text
  }
}

function uncheckableError(name: string, feature: Constraint['feature'], cause?: unknown): WriterUnsupportedError {
  return new WriterUnsupportedError(`the constraint ${name} of the table cannot be checked here`, {
    context: { feature, constraint: name },
    suggestions: ['Write the table with the engine that created the constraint, or drop the constraint there.'],
    committed: 'no',
    cause,
  })
}
