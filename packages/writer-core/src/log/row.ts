import type { ColumnDefinition } from '../column/column-definition.ts'
import type { PlainType } from '../column/column-type.ts'
import type { LogFields } from './log-fields.ts'

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

type ValueIn<Types extends Record<PlainType, unknown>, Column extends ColumnDefinition & { type: PlainType }> =
  | (Column extends { oneOf: readonly (infer Allowed)[] } ? Allowed : Types[Column['type']])
  | (Column['nullable'] extends true ? null : never)

/** A row of the log as it is read, with every column. */
export type LogRow = { readonly [Name in keyof LogFields]: ValueIn<ReadTypes, LogFields[Name]> }

/** Accepts a text of a list, and any other text: rows in a variable have the type `string` there. The writer rejects words that are not in the list. */
export type Words<Allowed> = Allowed | (string & Record<never, never>)
type InputIn<Column extends ColumnDefinition & { type: PlainType }> =
  | (Column extends { oneOf: readonly (infer Allowed)[] } ? Words<Allowed> : InputTypes[Column['type']])
  | (Column['nullable'] extends true ? null : never)

/**
 * A row of the log as a caller passes it: fields that are left out get their documented default or are derived. A field that the log does not have is
 * an error of the compiler in a literal, as it is usually misspelt. A log can have columns of its own: rows with such fields are written from a variable,
 * or have the type {@link LogRowWithExtras}. At run time unknown fields become new columns, go into the metadata or are an error, depending on
 * `enableSchemaEvolution` and `schemaValidationMode`.
 */
export type LogRowInput = {
  readonly [Name in keyof LogFields]?: InputIn<LogFields[Name]> | null | undefined
}

/** A row with fields that the log does not have, for logs with columns of their own. */
export type LogRowWithExtras = LogRowInput & { readonly [extra: string]: unknown }
