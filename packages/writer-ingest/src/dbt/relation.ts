import type { WriteMode } from '@forge/writer-core'
import type { Manifest, ManifestNode } from './manifest.ts'

/** `database.schema.table` of a quoted relation name, whichever quotes the warehouse uses. */
function unquoted(relation: string): string {
  return relation.replaceAll(/[`"[\]]/g, '')
}

/** The table that a node builds: what dbt says, else what the manifest says. */
export function tableOf(node: ManifestNode | undefined, relationName?: string | null): string | null {
  const relation = relationName || node?.relation_name
  if (relation) return unquoted(relation)
  const name = node?.alias ?? node?.identifier ?? node?.name
  const parts = [node?.database, node?.schema, name].filter((part) => part)
  return node?.schema && name ? parts.join('.') : null
}

/** Schema part of a table name. */
export function schemaOf(tableFqn: string | null): string | undefined {
  return tableFqn?.split('.').at(-2)
}

/** The table that a test checks. */
export function checkedTable(manifest: Manifest, uniqueId: string): string | null {
  const checked = manifest.checkedBy(uniqueId)
  return checked === undefined ? null : tableOf(manifest.node(checked))
}

/** How a node writes its table; null where it writes none (views, tests) or the manifest is missing and the kind does not tell. */
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
