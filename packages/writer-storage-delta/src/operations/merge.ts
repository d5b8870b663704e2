import {
  type CommitOptions,
  type CommitResult,
  type LogBatch,
  type MergeOptions,
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertMethodOptions, unknownColumns, vectorOf } from '@forge/writer-core/storage'
import { type FeedOptions, quoteIdentifier, type Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { FILE_COLUMN, ROW_COLUMN, readFilesSql } from '../data/read-files.ts'
import { planBatch, type TablePlan } from '../data/table-plan.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { longTexts } from '../partition/partition-folders.ts'
import { skipFiles } from '../scan/data-skipping.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { keyRange } from './key-range.ts'
import { removeOf, selectList, sumOf, writeAlways } from './write-request.ts'

const NUMBER = '?n'
const KEPT_COLUMN = 'created_at'

/** Matches the batch with the table by key. Replaces or keeps matched rows, and adds the others. */
export function merge(
  core: TableCore,
  batch: LogBatch,
  options: MergeOptions,
  commit: CommitOptions,
): Promise<CommitResult> {
  assertMethodOptions('merge', options)
  const { keys, whenMatched } = options
  return writeAlways(core, {
    name: whenMatched === 'ignore' ? 'ignore' : 'merge',
    kind: { changesRows: whenMatched === 'update', writesData: true },
    commit,
    async prepare(preparation) {
      assertKeys(batch, keys)
      const { snapshot, write } = preparation
      const session = await preparation.session()
      const now = core.settings.now()
      const plan = planBatch(snapshot, batch, { ...core.settings, now })
      const incoming = await stageBatch(session, batch, plan, options, core.settings.feed)
      const candidates = snapshot ? candidateFiles(snapshot, batch, keys) : []
      const found = await findMatches(core, session, snapshot, plan, candidates, keys)
      const isUpdate = whenMatched === 'update'
      const touched = isUpdate ? found.touched : []
      const select =
        isUpdate && touched.length > 0 && snapshot
          ? await updatedRows(core, session, snapshot, { plan, batch }, touched, keys)
          : insertedRows(plan)
      const { partitionColumns } = plan.metadata
      const partitionTexts = () => longTexts(batch, partitionColumns)
      const files = await write(plan.metadata, { sql: select, params: [] }, { partitionTexts })
      const inserted = incoming - found.matchedIncoming
      const updated = isUpdate ? found.matchedStored : 0
      return {
        operation: 'MERGE',
        parameters: {
          predicate: JSON.stringify(keys.map((key) => `target.${key} = source.${key}`)),
          matchedPredicates: JSON.stringify(isUpdate ? [{ actionType: 'update' }] : []),
          notMatchedPredicates: JSON.stringify([{ actionType: 'insert' }]),
        },
        metrics: {
          numSourceRows: batch.rowCount,
          numTargetRowsInserted: inserted,
          numTargetRowsUpdated: updated,
          numTargetRowsDeleted: 0,
          numTargetFilesAdded: files.length,
          numTargetFilesRemoved: touched.length,
          numTargetBytesAdded: sumOf(files.map(({ add }) => add)),
          numOutputRows: files.reduce((sum, file) => sum + file.rows, 0),
        },
        reads: { rows: keyRange(batch, keys), files: isUpdate ? [] : found.touched },
        actions: [
          ...plan.header,
          ...touched.map((file) => ({ remove: removeOf(file, now, true) })),
          ...files.map(({ add }) => ({ add })),
        ],
        rows: { inserted, updated, deleted: 0, skipped: isUpdate ? 0 : batch.rowCount - inserted },
      }
    },
  })
}

function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => vectorOf(batch, key) === undefined)
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

/** Creates the temporary table `incoming` from the batch, with one row per key. Null keys match nothing, so all of these rows stay. */
async function stageBatch(
  session: Session,
  batch: LogBatch,
  plan: TablePlan,
  options: MergeOptions,
  feed: FeedOptions,
): Promise<number> {
  const keys = options.keys.map(quoteIdentifier)
  const number = quoteIdentifier(NUMBER)
  const hasNullKey = keys.map((key) => `${key} is null`).join(' or ')
  return session.withBatch(
    batch,
    async ({ sql }) => {
      await session.run(
        `create or replace temp table incoming as
         select ${number}, ${selectList(plan.expressions)} from ${sql}
         qualify row_number() over (
           partition by ${keys.join(', ')}, case when ${hasNullKey} then ${number} end
           order by ${number} ${options.whenMatched === 'update' ? 'desc' : 'asc'}
         ) = 1`,
      )
      const [row] = await session.rows('select count(*) as n from incoming')
      return Number(row?.n ?? 0)
    },
    { ...feed, rowNumber: NUMBER },
  )
}

/** Creates the temporary table `matches` from the stored rows whose key is in the batch. */
async function findMatches(
  core: TableCore,
  session: Session,
  snapshot: Snapshot | undefined,
  plan: TablePlan,
  candidates: readonly AddFile[],
  keys: readonly string[],
) {
  await session.run('create or replace temp table matches (file varchar, row bigint, number bigint)')
  if (snapshot === undefined || candidates.length === 0) return { touched: [], matchedIncoming: 0, matchedStored: 0 }
  const source = { store: core.store, session, shapes: core.shapes }
  // New columns of this batch are not in the files yet, so stored rows cannot have them as keys.
  const stored = await readFilesSql(source, { metadata: plan.metadata }, candidates, {
    columns: keys,
    withOrigin: true,
  })
  await session.run(
    `insert into matches select ${FILE_COLUMN}, ${ROW_COLUMN}, i.${quoteIdentifier(NUMBER)}
     from (${stored}) as s join incoming as i on ${keyCondition('s', 'i', keys)}`,
  )
  const files = await session.rows('select distinct file from matches')
  const addresses = new Set(files.map((row) => String(row.file)))
  const [counts] = await session.rows('select count(*) as stored, count(distinct number) as incoming from matches')
  return {
    touched: candidates.filter((file) => addresses.has(core.store.engine.addressOf(decodePath(file.path)))),
    matchedIncoming: Number(counts?.incoming ?? 0),
    matchedStored: Number(counts?.stored ?? 0),
  }
}

function insertedRows(plan: TablePlan): string {
  const names = plan.schema.fields.map((field) => `i.${quoteIdentifier(field.name)}`)
  return `select ${names.join(', ')} from incoming as i
    anti join matches on i.${quoteIdentifier(NUMBER)} = matches.number`
}

/** Returns all rows of the touched files with matched ones replaced, followed by the new rows. */
async function updatedRows(
  core: TableCore,
  session: Session,
  snapshot: Snapshot,
  { plan, batch }: { readonly plan: TablePlan; readonly batch: LogBatch },
  touched: readonly AddFile[],
  keys: readonly string[],
): Promise<string> {
  const source = { store: core.store, session, shapes: core.shapes }
  const stored = await readFilesSql(source, { metadata: plan.metadata }, touched)
  const hadColumn = parseSchema(snapshot.metadata).fields.some((field) => field.name === KEPT_COLUMN)
  const isMatched = `i.${quoteIdentifier(NUMBER)} is not null`
  const columns = plan.schema.fields.map(({ name }) => {
    const column = quoteIdentifier(name)
    const isKept = (hadColumn && name === KEPT_COLUMN) || vectorOf(batch, name) === undefined
    if (isKept) return `s.${column}`
    return `case when ${isMatched} then i.${column} else s.${column} end as ${column}`
  })
  return `select ${columns.join(', ')} from (${stored}) as s
    left join incoming as i on ${keyCondition('s', 'i', keys)}
    union all ${insertedRows(plan)}`
}

function candidateFiles(snapshot: Snapshot, batch: LogBatch, keys: readonly string[]): AddFile[] {
  return skipFiles(snapshot, [...snapshot.state().files.values()], keyRange(batch, keys))
}

function keyCondition(left: string, right: string, keys: readonly string[]): string {
  return keys.map((key) => `${left}.${quoteIdentifier(key)} = ${right}.${quoteIdentifier(key)}`).join(' and ')
}
