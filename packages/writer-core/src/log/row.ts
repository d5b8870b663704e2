import type { ColumnDefinition } from '../column/column-definition.ts'
import type { PlainType } from '../column/column-type.ts'
import type { LOG_COLUMNS, LogColumnName } from './columns.ts'

interface ReadTypes {
  string: string
  json: string
  int64: number | bigint
  int32: number
  int16: number
  int8: number
  double: number
  float: number
  boolean: boolean
  /** `2024-01-01T10:00:00.000000Z` */
  timestamp: string
  date: string
  /** Lower-case hexadecimal text. */
  binary: string
}

interface InputTypes extends Omit<ReadTypes, 'json' | 'timestamp'> {
  /** An object or array to store as JSON text, or the text itself. */
  json: string | Readonly<Record<string, unknown>> | readonly unknown[]
  /** A Date or ISO 8601 text with a zone. */
  timestamp: Date | string
}

type Definition<Name extends LogColumnName> = Extract<(typeof LOG_COLUMNS)[number], { name: Name }>
type ValueIn<Types extends Record<PlainType, unknown>, Column extends ColumnDefinition & { type: PlainType }> =
  | (Column extends { oneOf: readonly (infer Allowed)[] } ? Allowed : Types[Column['type']])
  | (Column['nullable'] extends true ? null : never)

/** A row of the log as it is read, with every column. */
export type LogRow = { readonly [Name in LogColumnName]: ValueIn<ReadTypes, Definition<Name>> }

/**
 * A row of the log as a caller passes it: fields that are left out get their documented default or are derived. Unknown fields become new columns, go
 * into the metadata or are an error, depending on `enableSchemaEvolution` and `schemaValidationMode`.
 */
export type LogRowInput = {
  readonly [Name in LogColumnName]?: ValueIn<InputTypes, Definition<Name>> | null | undefined
} & { readonly [extra: string]: unknown }
