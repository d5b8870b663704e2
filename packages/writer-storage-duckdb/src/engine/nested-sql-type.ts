import type { ColumnType } from '@forge/writer-core'
import { type NestedField, type NestedType, nestedType } from '@forge/writer-core/storage'

/** Types of map keys that can be names in JSON. */
const KEY_TYPES: ReadonlySet<string> = new Set<ColumnType>(['string', 'int64', 'int32', 'int16', 'int8'])

/**
 * Returns the nested type of an engine list, struct or map, or undefined if batches cannot hold a part of it. `leafOf` returns the types of its
 * leaves.
 */
export function nestedTypeOf(
  sqlType: string,
  leafOf: (sqlType: string) => ColumnType | undefined,
): NestedType | undefined {
  const inner = (type: string) => nestedTypeOf(type, leafOf) ?? leafOf(type)
  if (sqlType.endsWith(']')) {
    const element = inner(sqlType.slice(0, sqlType.lastIndexOf('[')))
    return element && nestedType({ kind: 'array', element })
  }
  const [, kind, list = ''] = /^(MAP|STRUCT)\((.*)\)$/s.exec(sqlType) ?? []
  if (kind === undefined) return undefined
  const parts = topLevelParts(list)
  if (kind === 'MAP') {
    const [key, value] = [inner(parts[0] ?? ''), inner(parts[1] ?? '')]
    return key && value && KEY_TYPES.has(key) ? nestedType({ kind: 'map', key, value }) : undefined
  }
  const fields = parts.map((part): NestedField | undefined => {
    const [, quoted, plain, type = ''] = /^(?:"((?:[^"]|"")*)"|(\w+)) (.*)$/s.exec(part) ?? []
    const name = quoted?.replaceAll('""', '"') ?? plain
    const found = inner(type)
    return name === undefined || found === undefined ? undefined : { name, type: found }
  })
  const known = fields.filter((field) => field !== undefined)
  return known.length === fields.length ? nestedType({ kind: 'struct', fields: known }) : undefined
}

/** Splits text at commas outside of brackets and quotes. */
function topLevelParts(text: string): string[] {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (const { 0: token, index } of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[(),]/gs)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
