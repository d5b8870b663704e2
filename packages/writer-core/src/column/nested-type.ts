import type { ColumnType, NestedType } from './column-type.ts'

/** The parts of a nested type. */
export type NestedShape =
  | { readonly kind: 'array'; readonly element: ColumnType }
  | { readonly kind: 'map'; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly NestedField[] }

export interface NestedField {
  readonly name: string
  readonly type: ColumnType
}

/** Returns the name of a nested type, such as `array<int32>`, `map<string,double>` or `struct<a:int64,"b c":string>`. */
export function nestedType(shape: NestedShape): NestedType {
  switch (shape.kind) {
    case 'array':
      return `array<${shape.element}>`
    case 'map':
      return `map<${shape.key},${shape.value}>`
    case 'struct':
      return `struct<${shape.fields.map(({ name, type }) => `${fieldName(name)}:${type}`).join(',')}>`
  }
}

function fieldName(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name)
}

const SHAPES = new Map<NestedType, NestedShape>()

/** Parses the name of a nested type into its parts. */
export function nestedShape(type: NestedType): NestedShape {
  const known = SHAPES.get(type)
  if (known) return known
  const shape = parseShape(type)
  SHAPES.set(type, shape)
  return shape
}

function parseShape(type: NestedType): NestedShape {
  const start = type.indexOf('<')
  const parts = topLevelParts(type.slice(start + 1, -1))
  const [first = 'string', second = 'string'] = parts
  // The parts of a type's name are type names themselves.
  if (type.startsWith('array<')) return { kind: 'array', element: first as ColumnType }
  if (type.startsWith('map<')) return { kind: 'map', key: first as ColumnType, value: second as ColumnType }
  return { kind: 'struct', fields: parts.map(parseField) }
}

function parseField(text: string): NestedField {
  const [, quoted, plain, type = 'string'] = /^(?:("(?:[^"\\]|\\.)*")|(\w+)):(.*)$/su.exec(text) ?? []
  return { name: quoted === undefined ? (plain ?? '') : String(JSON.parse(quoted)), type: type as ColumnType }
}

/** Splits text at commas outside of brackets and quotes. */
function topLevelParts(text: string): string[] {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[<>(),]/gsu)) {
    if (token === '<' || token === '(') depth++
    else if (token === '>' || token === ')') depth--
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return [...parts, text.slice(start)]
}
