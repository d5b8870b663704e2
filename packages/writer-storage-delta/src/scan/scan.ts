import {
  type AggregateQuery,
  type AggregateRow,
  batchRows,
  type ColumnDefinition,
  type LogBatch,
  type ScanQuery,
  type TableInfo,
  type TableReader,
} from '@forge/writer-core'
import { findColumn, predicateColumns } from '@forge/writer-core/storage'
import {
  compileAggregate,
  compileScan,
  fromEngineError,
  quoteIdentifier,
  type Relation,
  readTypeOf,
  type Session,
} from '@forge/writer-storage-duckdb/engine'
import { assertKnownTypes, readFilesSql } from '../data/read-files.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { unknownType } from '../schema/delta-type.ts'
import { columnsFromSchema, logValueSql } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { TableCore } from '../table/table-core.ts'
import { type FileQuery, neededFiles } from './needed-files.ts'

/** Returns a reader of the snapshot that `snapshotOf()` resolves with at each call. If it is undefined, there are no rows. */
export function snapshotReader(core: TableCore, snapshotOf: () => Promise<Snapshot | undefined>): TableReader {
  return {
    async *scan(query: ScanQuery = {}): AsyncGenerator<LogBatch> {
      const snapshot = await snapshotOf()
      if (snapshot) assertKnownColumns(snapshot, query)
      const session = await core.session()
      try {
        const relation = await tableRelation(core, session, snapshot, query)
        const { signal, batchRows: most } = query
        yield* session.stream(compileScan(relation, query), { signal, batchRows: most })
      } catch (error) {
        throw fromEngineError(error, `read ${core.ref.schema}.${core.ref.name}`)
      } finally {
        session.close()
      }
    },
    async aggregate(query: AggregateQuery): Promise<AggregateRow[]> {
      const snapshot = await snapshotOf()
      return core.withSession('aggregate', async (session) => {
        const relation = await tableRelation(core, session, snapshot, { where: innermost(query).where })
        const rows: AggregateRow[] = []
        const stream = session.stream(compileAggregate(relation, query), { signal: query.signal })
        for await (const batch of stream) rows.push(...batchRows(batch))
        return rows
      })
    },
    info: async () => tableInfo(core, await snapshotOf()),
  }
}

function innermost(query: AggregateQuery): AggregateQuery {
  return query.from ? innermost(query.from) : query
}

/** Throws WriterUnsupportedError if a column of the answer has an unknown type. */
function assertKnownColumns({ metadata }: Snapshot, { columns, where, orderBy = [] }: ScanQuery): void {
  const { fields } = parseSchema(metadata)
  const used = [...orderBy.map(({ column }) => column), ...(where ? predicateColumns(where) : [])]
  const names = [...(columns ?? fields.map(({ name }) => name)), ...used]
  assertKnownTypes(names.flatMap((name) => findColumn(name, fields) ?? []))
}

/** Returns the rows of a snapshot in the log's types. Files that cannot hold a row of the answer are left out. */
async function tableRelation(
  core: TableCore,
  session: Session,
  snapshot: Snapshot | undefined,
  query: FileQuery = {},
): Promise<Relation> {
  if (snapshot === undefined) return noRows(core.settings.columns)
  const fields = parseSchema(snapshot.metadata).fields.filter(({ type }) => unknownType(type) === undefined)
  const columns = columnsFromSchema({ kind: 'struct', fields })
  const files = core.settings.fileSkipping ? neededFiles(snapshot, query) : [...snapshot.state().files.values()]
  const inner = await readFilesSql({ store: core.store, session, shapes: core.shapes }, snapshot, files, {
    columns: fields.map(({ name }) => name),
  })
  const values = fields.map((field) => `${logValueSql(field)} as ${quoteIdentifier(field.name)}`)
  return { sql: `(select ${values.join(', ')} from (${inner}))`, columns }
}

function noRows(columns: readonly ColumnDefinition[]): Relation {
  const types = columns.map(({ name, type }) => `null::${readTypeOf(type)} as ${quoteIdentifier(name)}`)
  return { sql: `(select ${types.join(', ')} where false)`, columns }
}

async function tableInfo(core: TableCore, snapshot: Snapshot | undefined): Promise<TableInfo> {
  const { location } = core.store
  if (snapshot === undefined) {
    const { columns, partitionColumns } = core.settings
    return { exists: false, rowCount: 0, columns, sizeBytes: 0, files: 0, version: -1, location, partitionColumns }
  }
  const files = [...snapshot.state().files.values()]
  return {
    exists: true,
    rowCount: await countRows(core, snapshot),
    columns: columnsFromSchema(parseSchema(snapshot.metadata)),
    sizeBytes: files.reduce((sum, file) => sum + file.size, 0),
    files: files.length,
    version: snapshot.version,
    identity: snapshot.metadata.id,
    location,
    partitionColumns: snapshot.metadata.partitionColumns,
  }
}

/** Counts rows by statistics. Reads the files without statistics. */
export async function countRows(core: TableCore, snapshot: Snapshot): Promise<number> {
  const files = [...snapshot.state().files.values()]
  const known = files.reduce((sum, file) => sum + (liveRows(file) ?? 0), 0)
  const unknown = files.filter((file) => liveRows(file) === undefined)
  if (unknown.length === 0) return known
  return core.withSession('count', async (session) => {
    const source = { store: core.store, session, shapes: core.shapes }
    const sql = await readFilesSql(source, snapshot, unknown, { columns: [] })
    const [row] = await session.rows(`select count(*) as n from (${sql})`)
    return known + Number(row?.n ?? 0)
  })
}
