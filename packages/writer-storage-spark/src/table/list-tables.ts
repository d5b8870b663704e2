import type { TableRef } from '@forge/writer-core'
import { isMissing } from '../connect/server-errors.ts'
import { alias, attribute, quoteName } from '../plan/expressions.ts'
import { escapeGlob, type PlanRelation, project, sql, textFiles } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { TableRoot } from './place.ts'

const NAME = [{ name: 'name', type: 'string', nullable: false }] as const

/** Resolves with the tables of a storage, in order. */
export async function listTables(ways: ReadWays, root: TableRoot): Promise<TableRef[]> {
  const found = root.path === undefined ? await catalogTables(ways, root) : await folderTables(ways, root.path)
  return found.sort((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Files of which every log has one: its first commit, or the mark of the checkpoint before which commits were removed. */
const LOG_FILES = ['00000000000000000000.json', '_last_checkpoint']

async function folderTables(ways: ReadWays, path: string): Promise<TableRef[]> {
  const folder = escapeGlob(path.replace(/\/+$/, ''))
  const tables = new Map<string, TableRef>()
  for (const file of LOG_FILES) {
    for (const name of await namesIn(ways, textFiles(`${folder}/*/*/_delta_log/${file}`), ['_metadata', 'file_path'])) {
      const [schema, table] = decodeURI(name).split('/').slice(-4, -2)
      if (schema && table) tables.set(`${schema}/${table}`, { schema, name: table })
    }
  }
  return [...tables.values()]
}

async function catalogTables(ways: ReadWays, { catalog }: TableRoot): Promise<TableRef[]> {
  const parent = catalog === undefined ? '' : ` in ${quoteName(catalog)}`
  const tables: TableRef[] = []
  for (const schema of await namesIn(ways, sql(`show schemas${parent}`), ['namespace'])) {
    const parts = catalog === undefined ? [schema] : [catalog, schema]
    const names = await namesIn(ways, sql(`show tables in ${quoteName(...parts)}`), ['tableName'])
    tables.push(...names.map((name) => ({ schema, name })))
  }
  return tables
}

async function namesIn(ways: ReadWays, rows: PlanRelation, column: readonly string[]): Promise<string[]> {
  try {
    const relation = project(rows, [alias(attribute(...column), 'name')])
    const found = await queryRows(ways.session, relation, NAME, { reconnectMs: ways.reconnectMs })
    return [...new Set(found.map(({ name }) => String(name)))]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
