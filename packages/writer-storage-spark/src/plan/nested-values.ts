import { type ColumnType, WriterUnsupportedError } from '@forge/writer-core'
import { isNested, type NestedType, nestedShape, nestedType } from '@forge/writer-core/storage'
import { sqlTypeOf } from './column-types.ts'
import { call, cast, type PlanExpression, text } from './expressions.ts'

const TIMES = [text('timestampFormat'), text("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")]

/** Returns the JSON text of a nested value. */
export function toJson(value: PlanExpression): PlanExpression {
  return call('to_json', value, call('map', text('ignoreNullFields'), text('false'), ...TIMES))
}

/** Returns the nested value of JSON text. The server fails for text that is not of the type. */
export function fromJson(json: PlanExpression, type: NestedType): PlanExpression {
  const shape = nestedShape(type)
  if (shape.kind !== 'map' || shape.key === 'string') return parse(json, type)
  // The server reads keys as text only.
  const map = parse(json, nestedType({ ...shape, key: 'string' }))
  const keys = cast(call('map_keys', map), `array<${sqlTypeOf(shape.key)}>`)
  return call('map_from_arrays', keys, call('map_values', map))
}

function parse(json: PlanExpression, type: NestedType): PlanExpression {
  if (!hasTextKeys(type)) {
    throw new WriterUnsupportedError(`the spark storage cannot write maps within ${type} whose keys are not text`, {
      context: { feature: type },
      committed: 'no',
    })
  }
  return call('from_json', json, text(sqlTypeOf(type)), call('map', text('mode'), text('FAILFAST'), ...TIMES))
}

/** Returns true if the maps within a type have text as keys. */
function hasTextKeys(type: ColumnType): boolean {
  if (!isNested(type)) return true
  const shape = nestedShape(type)
  switch (shape.kind) {
    case 'array':
      return hasTextKeys(shape.element)
    case 'struct':
      return shape.fields.every((field) => hasTextKeys(field.type))
    case 'map':
      return shape.key === 'string' && hasTextKeys(shape.value)
  }
}
