import { randomUUID } from 'node:crypto'
import type { LogTable, Predicate, TableSource } from '@forge/writer-core'
import { assertNoProblems, assertOptions, option, tablesNextTo } from '@forge/writer-core/storage'
import { filterPredicate, type RowFilters } from '../export/row-filters.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { type ErasureProof, proveErased } from './erasure-proof.ts'
import { deleting } from './prune-table.ts'
import { count } from './retention-plan.ts'
import { searchedTexts } from './searched-texts.ts'
import { ofSubject, wholeRuns } from './subject.ts'

export interface EraseOptions {
  /** The rows to erase: columns with their values, a predicate, or its text. */
  readonly where: RowFilters
  /** Further texts that must not remain anywhere, such as a name within messages. At least 4 characters each. */
  readonly texts?: readonly string[] | undefined
  /** Only counts the rows. Default false. */
  readonly dryRun?: boolean | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The result of {@link eraseRows}: what was erased, and the proof. */
export interface EraseResult {
  readonly dryRun: boolean
  /** The table, and its companions that contain data of its rows: `<table>_...`. */
  readonly tables: readonly ErasedTable[]
  readonly rowsErased: number
  /** The proof; undefined in a dry run. */
  readonly proof?: ErasureProof | undefined
}

export interface ErasedTable {
  readonly tableFqn: string
  /** The number of rows erased; in a dry run, of rows that would be erased. */
  readonly rowsErased: number
  /** The reason why no rows can be erased. */
  readonly skipped?: string | undefined
}

/**
 * Deletes the rows of a subject from the log and the tables next to it, discards all older versions, and searches the files for leftovers. In the
 * tables of verdicts, findings, feedback, alerts and unfinished runs it deletes the rows of the same pipeline, step or run, the rows of runs that no
 * longer have any row, and the rows that contain a text of the subject. No other process may read or write older versions meanwhile. Throws
 * WriterSchemaError for columns that the log does not have, WriterUnsupportedError if the storage cannot delete.
 */
export async function eraseRows(source: TableSource, options: EraseOptions): Promise<EraseResult> {
  assertOptions('eraseRows', options, {
    ...TABLE_CHECK,
    where: option.any,
    texts: option.list(isLongText),
    dryRun: option.flag,
  })
  const { texts = [], dryRun = false, table: name } = options
  const table = await source.table({ table: name })
  const { columns, exists } = await table.info()
  const where = filterPredicate(options.where, columns)
  assertNoProblems('eraseRows', [where === undefined && { setting: 'where', problem: 'must name the rows to erase' }])
  if (where === undefined || !exists) return { dryRun, tables: [], rowsErased: 0 }
  const wanted = await searchedTexts(table, where, texts)
  const others = await nextTo(source, table)
  const subject = { where, texts: wanted, runs: await wholeRuns([table, ...others], where) }
  const parts: ErasedPart[] = [{ table, where }]
  for (const each of others) {
    parts.push({ table: each, where: ofSubject(each, (await each.info()).columns, subject) })
  }
  const tables: ErasedTable[] = []
  // The log comes last: if the erasure is interrupted and repeated, its rows still identify the rows of the other tables.
  for (const part of parts.toReversed()) tables.unshift(await eraseFrom(part, { source, dryRun }))
  const rowsErased = tables.reduce((sum, each) => sum + each.rowsErased, 0)
  if (dryRun) return { dryRun, tables, rowsErased }
  for (const part of parts) await part.table.vacuum?.({ everything: true })
  return { dryRun, tables, rowsErased, proof: await proveErased(parts, wanted) }
}

function isLongText(value: unknown): string | undefined {
  const isValid = typeof value === 'string' && [...value].length >= 4
  return isValid ? undefined : 'must be text of at least 4 characters'
}

/** A table, and the condition of its rows to erase; undefined if none are known. */
export interface ErasedPart {
  readonly table: LogTable
  readonly where: Predicate | undefined
}

interface Erasing {
  readonly source: TableSource
  readonly dryRun: boolean
}

async function eraseFrom({ table, where }: ErasedPart, { source, dryRun }: Erasing): Promise<ErasedTable> {
  const tableFqn = `${table.ref.schema}.${table.ref.name}`
  if (where === undefined) return { tableFqn, rowsErased: 0, skipped: 'no column identifies rows of the subject' }
  const rowsErased = await count({ reader: table }, where)
  if (dryRun || rowsErased === 0) return { tableFqn, rowsErased }
  const { rowsDeleted } = await deleting(table, source)(where, { batchId: `erase:${randomUUID()}` })
  return { tableFqn, rowsErased: rowsDeleted }
}

/** Returns the tables that contain parts of the rows, or refer to them. */
async function nextTo({ storage }: TableSource, { ref }: LogTable): Promise<LogTable[]> {
  const all = (await storage.listTables?.()) ?? []
  return Promise.all(tablesNextTo(ref, all).map((each) => storage.openTable(each)))
}
