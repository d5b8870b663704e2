import type { WriteMode } from '@forge/writer-core'
import { nameOfParts, partsOfName } from '../mapping/names.ts'
import type { Manifest, ManifestNode } from './manifest.ts'

/** Returns the table that a node builds, according to the result or else to the manifest. */
export function tableOf(node: ManifestNode | undefined, relationName?: string | null): string | null {
  const relation = relationName || node?.relation_name
  if (relation) return nameOfParts(partsOfName(relation))
  const name = node?.alias ?? node?.identifier ?? node?.name
  const parts = [node?.database, node?.schema, name].flatMap((part) => part || [])
  return node?.schema && name ? nameOfParts(parts) : null
}

/** Returns the schema part of a table name. */
export function schemaOf(tableFqn: string | null): string | undefined {
  return tableFqn === null ? undefined : partsOfName(tableFqn).at(-2)
}

/** Returns the table that a test checks. */
export function checkedTable(manifest: Manifest, uniqueId: string): string | null {
  const checked = manifest.checkedBy(uniqueId)
  return checked === undefined ? null : tableOf(manifest.node(checked))
}

/** Returns how a node writes its table; null if it writes none (views, tests), or if it is unknown without a manifest. */
export function writeModeOf(type: string, node: ManifestNode | undefined): WriteMode | null {
  const materialized = node?.config?.materialized ?? type
  switch (materialized) {
    case 'table':
    case 'seed':
      return 'overwrite'
    case 'incremental':
    case 'snapshot':
      return node?.config?.incremental_strategy === 'append' ? 'append' : 'merge'
    default:
      return null
  }
}
