import type { NestedType } from '../column/column-type.ts'
import { nestedJson } from '../column/nested-json.ts'
import type { ColumnBuilder } from './builder.ts'
import { valueListBuilder } from './value-list.ts'

/** Creates a builder of a nested type as JSON text; it takes JSON text, objects, arrays and maps. */
export function nestedBuilder(type: NestedType): ColumnBuilder {
  return valueListBuilder(
    '',
    (value) => {
      const stored = nestedJson(type, value)
      return stored === undefined ? `a value of ${type}, or its JSON text` : { stored }
    },
    (values, validity) => ({ kind: 'text', values, validity }),
  )
}
