import { type ColumnType, convertValue } from '@forge/writer-core'

/** The value that text stands for in a column of this type; undefined where it stands for none. Unknown columns hold text. */
export function fromText(type: ColumnType | undefined, text: string): unknown {
  return type === undefined || type === 'string' || type === 'json' ? text : convertValue(type, text)
}
