import { randomUUID } from 'node:crypto'
import {
  findColumn,
  type LogTable,
  type Predicate,
  predicateColumns,
  type TableSource,
  unknownColumns,
} from '@forge/writer-core'
import { filterPredicate, type RowFilters } from '../export/row-filters.ts'
import { assertNoProblems } from '../reading/check-options.ts'
import { type ErasureProof, proveErased } from './erasure-proof.ts'
import { deleting } from './prune-table.ts'
import { count } from './retention-plan.ts'
import { searchedTexts } from './searched-texts.ts'

export interface EraseOptions {
  /** Whose rows go: columns with their values, a predicate, or its text. */
  readonly where: RowFilters
  /** Further texts of which no byte may be left, such as a name that stands within messages. At least 4 characters each. */
  readonly texts?: readonly string[]
  /** Only count. Default false. */
  readonly dryRun?: boolean
  /** Another table of the same schema. */
  readonly table?: string
}

/** What {@link eraseRows} erased, and the proof of it. */
export interface EraseResult {
  readonly dryRun: boolean
  /** The table, and those beside it that keep something of its rows: `<table>_...`. */
  readonly tables: readonly ErasedTable[]
  readonly rowsErased: number
  /** Missing in a dry run. */
  readonly proof?: ErasureProof
}

export interface ErasedTable {
  readonly tableFqn: string
  /** In a dry run those that would go. */
  readonly rowsErased: number
  /** Why the condition cannot be asked there. */
  readonly skipped?: string
}

/**
 * Deletes the rows of a subject from the log and the tables beside it, gives up every older version, and searches the files for what is left.
 * Only where no other process reads or writes older versions. Throws WriterSchemaError for columns that the log does not have,
 * WriterUnsupportedError where the storage cannot delete.
 */
export async function eraseRows(source: TableSource, options: EraseOptions): Promise<EraseResult> {
  const { texts = [], dryRun = false, table: name } = options
  const table = await source.table(name === undefined ? {} : { table: name })
  const { columns, exists } = await table.info()
  const where = filterPredicate(options.where, columns)
  assertNoProblems('eraseRows', [
    where === undefined && 'where must name the rows to erase',
    !(Array.isArray(texts) && texts.every((text) => typeof text === 'string' && [...text].length >= 4)) &&
      'texts must be a list of texts of at least 4 characters',
  ])
  if (where === undefined || !exists) return { dryRun, tables: [], rowsErased: 0 }
  const wanted = await searchedTexts(table, where, texts)
  const tables: ErasedTable[] = []
  const opened = [table, ...(await companions(source, table))]
  for (const each of opened) tables.push(await eraseFrom(each, where, { source, dryRun }))
  const rowsErased = tables.reduce((sum, each) => sum + each.rowsErased, 0)
  if (dryRun) return { dryRun, tables, rowsErased }
  for (const each of opened) await each.vacuum?.({ everything: true })
  return { dryRun, tables, rowsErased, proof: await proveErased(opened, where, wanted) }
}

interface Erasing {
  readonly source: TableSource
  readonly dryRun: boolean
}

async function eraseFrom(table: LogTable, where: Predicate, { source, dryRun }: Erasing): Promise<ErasedTable> {
  const tableFqn = `${table.ref.schema}.${table.ref.name}`
  const { columns } = await table.info()
  const missing = predicateColumns(where).filter((name) => !findColumn(name, columns))
  if (missing.length > 0)
    return { tableFqn, rowsErased: 0, skipped: unknownColumns(missing, []).message.replace(/ \(.*/, '') }
  if (dryRun) return { tableFqn, rowsErased: await count({ reader: table }, where) }
  const { rowsDeleted } = await deleting(table, source)(where, { batchId: `erase:${randomUUID()}` })
  return { tableFqn, rowsErased: rowsDeleted }
}

/** The tables of quality, anomalies and quarantine, which hold parts of the rows. */
async function companions({ storage }: TableSource, { ref }: LogTable): Promise<LogTable[]> {
  const all = (await storage.listTables?.()) ?? []
  const beside = all.filter(({ schema, name }) => schema === ref.schema && name.startsWith(`${ref.name}_`))
  return Promise.all(beside.map((each) => storage.openTable(each)))
}
