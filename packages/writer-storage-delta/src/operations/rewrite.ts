import type { Predicate } from '@forge/writer-core'
import { compilePredicate, quoteIdentifier, type SqlQuery } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { FILE_COLUMN, ROW_COLUMN, readFilesSql } from '../data/read-files.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { skipFiles } from '../scan/data-skipping.ts'
import { columnsFromSchema, logValueSql } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { TableCore } from '../table/table-core.ts'
import type { Preparation } from './write-request.ts'

/** The result of removing rows from a table. */
export interface Rewrite {
  /** The files that hold rows to remove. */
  readonly touched: readonly AddFile[]
  readonly rowsTaken: number
  /** The remaining rows of those files, as the table's columns; undefined if no row remains. */
  readonly kept: SqlQuery | undefined
}

export const NOTHING_TAKEN: Rewrite = { touched: [], rowsTaken: 0, kept: undefined }

/** Finds the files with rows for which `where` is true, and the remaining rows of those files. */
export async function planRewrite(
  core: TableCore,
  preparation: Preparation,
  snapshot: Snapshot,
  where: Predicate,
): Promise<Rewrite> {
  const schema = parseSchema(snapshot.metadata)
  const candidates = skipFiles(snapshot, [...snapshot.state().files.values()], where)
  if (candidates.length === 0) return NOTHING_TAKEN
  const session = await preparation.session()
  const source = { store: core.store, session, shapes: core.shapes }
  const rows = await readFilesSql(source, snapshot, candidates, { withOrigin: true })
  const { sql, params } = compilePredicate(where, columnsFromSchema(schema))
  const values = schema.fields.map((field) => `${logValueSql(field)} as ${quoteIdentifier(field.name)}`)
  await session.run('create or replace temp table taken (file varchar, row bigint)')
  await session.run(
    `insert into taken select ${FILE_COLUMN}, ${ROW_COLUMN}
     from (select ${FILE_COLUMN}, ${ROW_COLUMN}, ${values.join(', ')} from (${rows})) where ${sql}`,
    params,
  )
  const takenOf = new Map<string, number>()
  for (const row of await session.rows('select file, count(*) as n from taken group by file')) {
    takenOf.set(String(row.file), Number(row.n))
  }
  const takenFrom = (add: AddFile) => takenOf.get(core.store.engine.addressOf(decodePath(add.path))) ?? 0
  const touched = candidates.filter((add) => takenFrom(add) > 0)
  const rowsTaken = touched.reduce((sum, add) => sum + takenFrom(add), 0)
  const partial = touched.filter((add) => takenFrom(add) !== liveRows(add))
  if (partial.length === 0) return { touched, rowsTaken, kept: undefined }
  const left = await readFilesSql(source, snapshot, partial, { withOrigin: true })
  const names = schema.fields.map((field) => quoteIdentifier(field.name))
  const kept = `select ${names.join(', ')} from (${left}) as l
    anti join taken on l.${FILE_COLUMN} = taken.file and l.${ROW_COLUMN} = taken.row`
  return { touched, rowsTaken, kept: { sql: kept, params: [] } }
}
