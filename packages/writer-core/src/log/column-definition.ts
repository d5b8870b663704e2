import type { ColumnType } from './column-type.ts'

export interface ColumnDefinition {
  /** `snake_case`, exactly as stored. */
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** Unit of the values, such as `seconds` or `percent`. */
  readonly unit?: string
  readonly description?: string
  /** The only values a string column may hold. */
  readonly oneOf?: readonly string[]
  /** Least and greatest value that the writer takes; stored rows may differ. */
  readonly min?: number
  readonly max?: number
  /** Whether the writer refuses the empty string. Default false. */
  readonly notEmpty?: boolean
}
