import { type TableRef, WriterConfigurationError } from '@forge/writer-core'
import { assertIdentifier } from '@forge/writer-core/storage'
import { quoteName } from '../plan/expressions.ts'

/** The place of the tables of a storage: folders of a path, or a catalog. */
export interface TableRoot {
  /** The path of a folder of the server or the address of an object store. Tables are in `<schema>/<name>` below it, as `deltaStorage` has them. */
  readonly path?: string | undefined
  /** The catalog; undefined for the current one of the server. */
  readonly catalog?: string | undefined
}

/** The place of one table. */
export interface TablePlace {
  /** The quoted name, for statements and for reads. */
  readonly name: string
  /** The folder; undefined for a table of the catalog. */
  readonly path: string | undefined
  /** The quoted name of the schema; undefined for a table in a folder. */
  readonly schema: string | undefined
}

export function placeOf({ schema, name }: TableRef, { path, catalog }: TableRoot): TablePlace {
  if (path === undefined) {
    const parents = catalog === undefined ? [schema] : [catalog, schema]
    return { name: quoteName(...parents, name), path: undefined, schema: quoteName(...parents) }
  }
  const folder = `${path.replace(/\/+$/, '')}/${schema}/${name}`
  return { name: quoteName('delta', folder), path: folder, schema: undefined }
}

/** Throws WriterConfigurationError for names that no table can have, and for those that would lead to another folder. */
export function assertTableName({ schema, name }: TableRef, { path }: TableRoot): void {
  for (const [what, part] of [
    ['schema', schema],
    ['table', name],
  ] as const) {
    assertIdentifier(part, what)
    const isFolder = path === undefined || (!/[/\\]/.test(part) && !/^\.{0,2}$/.test(part))
    if (isFolder) continue
    throw new WriterConfigurationError(`${what} ${JSON.stringify(part)} cannot be the name of a folder`, {
      context: { what },
      committed: 'no',
    })
  }
}
