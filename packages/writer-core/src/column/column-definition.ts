import type { ColumnType } from './column-type.ts'

export interface ColumnDefinition {
  /** The name as stored, in `snake_case`. */
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** The unit of the values, such as `seconds` or `percent`. */
  readonly unit?: string | undefined
  readonly description?: string | undefined
  /** The allowed values of a string column. */
  readonly oneOf?: readonly string[] | undefined
  /** The minimum value that the writer accepts; stored rows may differ. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** True if the writer rejects the empty string. Default false. */
  readonly notEmpty?: boolean | undefined
}
