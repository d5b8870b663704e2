import { WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import { quoteIdentifier, quoteText } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { leasedFile, leaseFiles } from '../engine/leased-files.ts'
import { fileList } from '../engine/read-sql.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { partitionText, partitionValueSql } from '../partition/partition-value.ts'
import { type ColumnMappingMode, columnMappingMode, physicalName } from '../schema/column-mapping.ts'
import { type StructField, type StructType, unknownType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { stageDeletedRows } from './deleted-rows.ts'
import { assertGregorian } from './legacy-calendar.ts'
import { type ParquetShape, parquetShapes, type ShapeCache } from './parquet-shape.ts'
import { nullOf, projectField } from './projection.ts'

export interface ReadFilesOptions {
  /** The logical names of the columns to read. Default every column. */
  readonly columns?: readonly string[] | undefined
  /** Adds the columns {@link FILE_COLUMN} and {@link ROW_COLUMN}, which say which file and position each row comes from. Default false. */
  readonly withOrigin?: boolean | undefined
}

/** The decoded path of the file that a row comes from. */
export const FILE_COLUMN = '__forge_file'
/** The position of a row in its file. */
export const ROW_COLUMN = '__forge_row'

/** The store, session and cache that files are read with. */
export interface FileSource {
  readonly store: ObjectStore
  readonly session: Session
  readonly shapes: ShapeCache
}

interface Plan {
  readonly fields: readonly StructField[]
  readonly partitionColumns: ReadonlySet<string>
  readonly mode: ColumnMappingMode
  readonly withOrigin: boolean
}

/** The number of files that one `select` reads. */
interface FileGroup {
  readonly shape: ParquetShape
  readonly files: AddFile[]
  readonly hasDeletedRows: boolean
}

/** The aliases in a statement. They must differ from every column, because fields of a struct are also reached by a dot. */
const FILES = '"?files"'
const PARTITIONS = '"?partitions"'
const DELETED = '"?deleted"'
const ADDRESS = '"?address"'

/** Returns a `select` over the rows of `files` with their logical columns, without deleted rows. */
export async function readFilesSql(
  source: FileSource,
  snapshot: Pick<Snapshot, 'metadata'>,
  files: readonly AddFile[],
  { columns, withOrigin = false }: ReadFilesOptions = {},
): Promise<string> {
  const schema = parseSchema(snapshot.metadata)
  assertPartitionColumns(schema, snapshot.metadata.partitionColumns)
  const selected = selectedFields(schema, columns)
  assertKnownTypes(selected)
  const plan: Plan = {
    fields: selected,
    partitionColumns: new Set(snapshot.metadata.partitionColumns),
    mode: columnMappingMode(snapshot.metadata),
    withOrigin,
  }
  if (files.length === 0) return emptySelect(plan)
  const paths = files.map((file) => decodePath(file.path))
  await leaseFiles(source.store, source.session, files.map(leasedFile))
  const shapes = await parquetShapes(source.store, source.session, paths, source.shapes)
  assertDistinct(paths.map(source.store.engine.addressOf))
  const groupsOf = (some: readonly AddFile[]) => fileGroups(some, shapes)
  const read = async (some: Iterable<FileGroup>, fields: readonly StructField[]) => {
    const selects: string[] = []
    for (const group of some) selects.push(await selectOf(source, { ...plan, fields }, group))
    return selects.join('\nunion all\n')
  }
  const stored = plan.fields.filter((field) => !plan.partitionColumns.has(field.name))
  await assertGregorian(source, stored, files, (some, fields) => read(groupsOf(some), fields))
  return read(groupsOf(files), plan.fields)
}

/** Groups files of one shape, which are read together. Files without deleted rows form groups of their own. */
function fileGroups(files: readonly AddFile[], shapes: ShapeCache): Iterable<FileGroup> {
  const groups = new Map<string, FileGroup>()
  for (const file of files) {
    const shape = shapes.get(decodePath(file.path))
    // Leaving out the file would lose its rows.
    if (shape === undefined) throw new WriterTableError('a data file has no columns', { context: { file: file.path } })
    const key = `${file.deletionVector ? 'deleted' : 'whole'} ${shape.signature}`
    const group = groups.get(key) ?? { shape, files: [], hasDeletedRows: Boolean(file.deletionVector) }
    group.files.push(file)
    groups.set(key, group)
  }
  return groups.values()
}

/** Throws WriterUnsupportedError, naming a column and its type, if the values of a column cannot be read. */
export function assertKnownTypes(fields: readonly StructField[]): void {
  for (const { name, type } of fields) {
    const unknown = unknownType(type)
    if (unknown === undefined) continue
    throw new WriterUnsupportedError(`column ${name} cannot be read: its type is ${unknown.name}`, {
      context: { feature: unknown.name, column: name },
      suggestions: ['Ask for the other columns by their names.'],
    })
  }
}

/** Throws WriterTableError if a partition column has another name in the log: all of its values would be read as null. */
function assertPartitionColumns({ fields }: StructType, partitionColumns: readonly string[]): void {
  const missing = partitionColumns.filter((name) => !fields.some((field) => field.name === name))
  if (missing.length === 0) return
  throw new WriterTableError(`partition columns are not in the schema: ${missing.join(', ')}`, { context: { missing } })
}

/** Throws WriterTableError if a version has a file twice: with two deletion vectors for one file, it is unknown which rows are deleted. */
function assertDistinct(addresses: readonly string[]): void {
  const seen = new Set<string>()
  for (const address of addresses) {
    if (seen.has(address)) {
      throw new WriterTableError('the log has the same data file twice in one version', { context: { file: address } })
    }
    seen.add(address)
  }
}

function selectedFields(schema: StructType, columns: readonly string[] | undefined): readonly StructField[] {
  if (columns === undefined) return schema.fields
  const byName = new Map(schema.fields.map((field) => [field.name, field]))
  return columns.flatMap((name) => byName.get(name) ?? [])
}

function emptySelect({ fields, withOrigin }: Plan): string {
  const columns = fields.map((field) => `${nullOf(field.type)} as ${quoteIdentifier(field.name)}`)
  if (withOrigin) columns.push(`null::varchar as ${FILE_COLUMN}`, `null::bigint as ${ROW_COLUMN}`)
  return `select ${columns.length === 0 ? '1' : columns.join(', ')} where false`
}

async function selectOf(source: FileSource, plan: Plan, { shape, files, hasDeletedRows }: FileGroup): Promise<string> {
  const { store, session } = source
  if (hasDeletedRows || plan.withOrigin) assertRowNumbers(shape)
  const addresses = files.map((file) => store.engine.addressOf(decodePath(file.path)))
  const partitioned = plan.fields.filter((field) => plan.partitionColumns.has(field.name))
  const columns = plan.fields.map((field) => {
    const value = plan.partitionColumns.has(field.name)
      ? `${PARTITIONS}.${quoteIdentifier(field.name)}`
      : projectField(FILES, field, shape.columns, plan.mode)
    return `${value} as ${quoteIdentifier(field.name)}`
  })
  if (plan.withOrigin) columns.push(`${FILE_COLUMN}`, `${FILES}.file_row_number as ${ROW_COLUMN}`)
  if (columns.length === 0) columns.push('1 as "?"')
  const parts = [
    `select ${columns.join(', ')}`,
    // Most writers leave NaN out of statistics.
    `from read_parquet(${fileList(addresses)}, filename = '${FILE_COLUMN}', hive_partitioning = false, can_have_nan = true) as ${FILES}`,
  ]
  if (partitioned.length > 0) {
    const values = partitionTable(plan, partitioned, files, addresses)
    parts.push(`join (${values}) as ${PARTITIONS} on ${PARTITIONS}.${ADDRESS} = ${FILES}.${FILE_COLUMN}`)
  }
  if (hasDeletedRows) {
    const deleted = await stageDeletedRows(store, session, files)
    parts.push(`anti join ${deleted} as ${DELETED}
      on ${DELETED}.file = ${FILES}.${FILE_COLUMN} and ${DELETED}.row = ${FILES}.file_row_number`)
  }
  return parts.join('\n')
}

/** Throws if a column has the name of one of the engine's own columns, which it would hide: rows could not be identified. */
function assertRowNumbers({ columns }: ParquetShape): void {
  const taken = columns.find(({ name }) => name.toLowerCase() === 'file_row_number')
  if (taken === undefined) return
  throw new WriterUnsupportedError(
    `a column is called ${taken.name}, so single rows of its files cannot be identified`,
    {
      context: { column: taken.name },
    },
  )
}

/** Returns a relation with one row for each file: its address and its partition values. */
function partitionTable(
  plan: Plan,
  partitioned: readonly StructField[],
  files: readonly AddFile[],
  addresses: readonly string[],
): string {
  const rows = files.map((file, at) => {
    const values = partitioned.map((field) =>
      partitionValueSql(partitionText(file, physicalName(field, plan.mode)), field.type),
    )
    return `(${[quoteText(addresses[at] ?? ''), ...values].join(', ')})`
  })
  const typed = partitioned.map((field, at) => `c${at}::${engineType(field.type)} as ${quoteIdentifier(field.name)}`)
  const names = ['file', ...partitioned.map((_field, at) => `c${at}`)]
  return `select file as ${ADDRESS}, ${typed.join(', ')} from (values ${rows.join(', ')}) as v(${names.join(', ')})`
}
