import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { ColumnMappingMode } from '../schema/column-mapping.ts'
import { fieldId, physicalName } from '../schema/column-mapping.ts'
import { type DeltaType, isVoid, type PrimitiveType, type StructField, type StructType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'
import type { ParquetNode } from './parquet-shape.ts'

/** Returns the expression that reads a field of the table from the columns of `files`. It is null if the files lack the field. */
export function projectField(
  files: string,
  field: StructField,
  nodes: readonly ParquetNode[],
  mode: ColumnMappingMode,
): string {
  const node = findNode(field, nodes, mode)
  if (node === undefined || isVoid(field.type)) return nullOf(field.type)
  const value = projectValue(`${files}.${quoteIdentifier(node.name)}`, field.type, node, mode, 0)
  return isFloating(field.type) ? `(${value} + 0::${engineType(field.type)})` : value
}

/**
 * Returns an expression that a bloom filter does not answer. Files may hold zeros of both signs that a dictionary merged, under a bloom filter that
 * separates them. A condition on a sum, whose zeros have one sign, does not use that filter.
 */
function isFloating(type: DeltaType): boolean {
  return type.kind === 'primitive' && (type.name === 'double' || type.name === 'float')
}

/** Returns the file's column for a field: by id if the table maps by id and the column has one, otherwise by physical name. */
function findNode(field: StructField, nodes: readonly ParquetNode[], mode: ColumnMappingMode): ParquetNode | undefined {
  if (mode !== 'id') return nodeNamed(physicalName(field, mode), nodes)
  const id = fieldId(field)
  const byId = nodes.find((node) => id !== undefined && node.fieldId === id)
  const withoutId = nodes.filter((node) => node.fieldId === undefined)
  return byId ?? nodeNamed(physicalName(field, mode), withoutId)
}

function nodeNamed(name: string, nodes: readonly ParquetNode[]): ParquetNode | undefined {
  return nodes.find((node) => node.name === name) ?? nodes.find((node) => sameIgnoringCase(node.name, name))
}

export function nullOf(type: DeltaType): string {
  return `null::${engineType(type)}`
}

function projectValue(
  value: string,
  type: DeltaType,
  node: ParquetNode,
  mode: ColumnMappingMode,
  depth: number,
): string {
  if (type.kind === 'primitive') return projectPrimitive(value, type, node)
  if (type.kind === 'decimal' || type.kind === 'unknown') return `${value}::${engineType(type)}`
  // Reshaping a nested value takes a pass over it, so it is done only if names or shapes differ.
  if (mode === 'none' && !needsReshaping(type, node)) return `${value}::${engineType(type)}`
  if (type.kind === 'struct') {
    const childValue = (child: ParquetNode) => `${value}.${quoteIdentifier(child.name)}`
    return `case when ${value} is null then null else ${projectStruct(childValue, type, node, mode, depth)} end`
  }
  const item = `e${depth}`
  if (type.kind === 'array') {
    const element = isUnwrapped(type.element, node)
      ? projectStruct(() => item, type.element, elementNode(node), mode, depth + 1)
      : projectValue(item, type.element, elementNode(node), mode, depth + 1)
    return `list_transform(${value}, lambda ${item}: ${element})`
  }
  const [key, mapped] = entryNodes(node)
  const itemKey = projectValue(`${item}.key`, type.key, key, mode, depth + 1)
  const itemValue = projectValue(`${item}.value`, type.value, mapped, mode, depth + 1)
  const entries = `list_transform(map_entries(${value}), lambda ${item}: {'key': ${itemKey}, 'value': ${itemValue}})`
  return `case when ${value} is null then null else map_from_entries(${entries}) end`
}

function projectStruct(
  childValue: (child: ParquetNode) => string,
  type: StructType,
  node: ParquetNode,
  mode: ColumnMappingMode,
  depth: number,
): string {
  const fields = type.fields.map((field) => {
    const child = findNode(field, node.children, mode)
    const inner =
      child === undefined || isVoid(field.type)
        ? nullOf(field.type)
        : projectValue(childValue(child), field.type, child, mode, depth)
    return `${quoteIdentifier(field.name)} := ${inner}`
  })
  return `struct_pack(${fields.join(', ')})`
}

function needsReshaping(type: DeltaType, node: ParquetNode): boolean {
  if (type.kind === 'primitive') return bytesAreText(type, node) || textIsBytes(type, node)
  if (type.kind === 'decimal' || type.kind === 'unknown') return false
  if (type.kind === 'array') return isUnwrapped(type.element, node) || needsReshaping(type.element, elementNode(node))
  if (type.kind === 'map') {
    const [key, value] = entryNodes(node)
    return needsReshaping(type.key, key) || needsReshaping(type.value, value)
  }
  if (type.fields.length !== node.children.length) return true
  return type.fields.some((field, at) => {
    const child = node.children[at]
    return child?.name !== field.name || isVoid(field.type) || needsReshaping(field.type, child)
  })
}

/** Returns the expression for a text. Some writers do not declare the encoding, so the engine reads bytes; a cast of these would give hex digits. */
function projectPrimitive(value: string, type: PrimitiveType, node: ParquetNode): string {
  if (bytesAreText(type, node)) return `decode(${value})`
  if (textIsBytes(type, node)) return `encode(${value})`
  return `${value}::${engineType(type)}`
}

function bytesAreText({ name }: PrimitiveType, node: ParquetNode): boolean {
  return name === 'string' && node.type === 'BLOB'
}

function textIsBytes({ name }: PrimitiveType, node: ParquetNode): boolean {
  return name === 'binary' && node.type === 'VARCHAR'
}

/** Returns the element of a list. Lists are `list.element` today; older writers left out the middle level. */
function elementNode(node: ParquetNode): ParquetNode {
  const [inner] = node.children
  if (inner === undefined) return { ...node, children: [] }
  return inner.children.length === 1 && inner.children[0] && !isElement(inner, node) ? inner.children[0] : inner
}

/** Returns true if the group is the element itself, even with a single field, by the Parquet rules for lists of older writers. */
function isElement(inner: ParquetNode, list: ParquetNode): boolean {
  return inner.name === 'array' || inner.name === `${list.name}_tuple`
}

/** Returns true if the engine returns an element's only field instead of the element, contrary to the format. */
function isUnwrapped(element: DeltaType, list: ParquetNode): element is StructType {
  const [inner] = list.children
  return element.kind === 'struct' && inner?.children.length === 1 && isElement(inner, list)
}

const LEAF: ParquetNode = { name: '', fieldId: undefined, type: '', children: [] }

function entryNodes(node: ParquetNode): readonly [ParquetNode, ParquetNode] {
  const [key, value] = node.children[0]?.children ?? []
  return [key ?? LEAF, value ?? LEAF]
}

function sameIgnoringCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
