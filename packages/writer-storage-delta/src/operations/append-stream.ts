import {
  type ColumnDefinition,
  type CommitOptions,
  type CommitResult,
  type LogBatch,
  WriterConcurrencyError,
} from '@forge/writer-core'
import { assertNoMisfits, emptyBatch, isAllNull, misfits, widerType } from '@forge/writer-core/storage'
import { type BatchSource, batchSource } from '@forge/writer-storage-duckdb/engine'
import type { Action } from '../actions/actions.ts'
import { mayHoldMarks } from '../data/hidden-marks.ts'
import { otherType, type TablePlan } from '../data/table-plan.ts'
import type { WrittenFile } from '../data/write-files.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { longTexts } from '../partition/partition-folders.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { planOf, proposal } from './append.ts'
import { type Preparation, selectList, writeAlways } from './write-request.ts'

/** Adds the rows of all batches in one commit. Asks for batches while rows are written, and rethrows what they throw. */
export async function appendStream(
  core: TableCore,
  batches: Iterable<LogBatch>,
  commit: CommitOptions,
): Promise<CommitResult> {
  let isStarted = false
  const passed = passedBatches(batches)
  using source = batchSource(passed)
  try {
    return await writeAlways(core, {
      name: 'append',
      kind: { changesRows: false, writesData: true },
      commit,
      async prepare(preparation) {
        if (isStarted) throw changedMeanwhile(preparation.snapshot)
        isStarted = true
        return writeAll(core, preparation, source, passed)
      },
    })
  } catch (error) {
    throw source.failure?.cause ?? error
  }
}

/** Returns true if values may be too wide for a column, which is only known once all values are there. */
export function hasNarrowColumns(snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return false
  return columnsFromSchema(parseSchema(snapshot.metadata)).some(({ type }) => widerType(type) !== undefined)
}

async function writeAll(core: TableCore, preparation: Preparation, source: BatchSource, passed: PassedBatches) {
  let table: Pick<Snapshot, 'metadata'> | undefined = preparation.snapshot
  let header: readonly Action[] = []
  const files: WrittenFile[] = []
  for (let next = source.peek(); next; next = source.peek()) {
    const plan = planOf(core, table, next)
    // A later batch may add further columns.
    if (plan.header.length > 0) header = [...header.filter((action) => !action.metaData), ...plan.header]
    table = { metadata: plan.metadata }
    passed.columns = columnsFromSchema(plan.schema)
    passed.plan = plan
    passed.partitionColumns = plan.metadata.partitionColumns
    // The next batch was already read.
    passed.note(next)
    files.push(...(await writeAlike(core, preparation, plan, source, passed)))
  }
  // There were no batches, but the table is created nevertheless.
  if (table === undefined) {
    const plan = planOf(core, undefined, emptyBatch(core.settings.columns))
    return proposal(plan.metadata.partitionColumns, plan.header, files, passed.rows)
  }
  return proposal(table.metadata.partitionColumns, header, files, passed.rows)
}

/** Writes all consecutive batches with the same columns with one statement, into files of the target size. */
async function writeAlike(
  { settings }: TableCore,
  { session, write }: Preparation,
  { metadata, expressions }: TablePlan,
  source: BatchSource,
  passed: PassedBatches,
): Promise<WrittenFile[]> {
  return (await session()).withBatches(
    source,
    ({ sql, params = [] }) =>
      write(
        metadata,
        { sql: `select ${selectList(expressions)} from ${sql}`, params },
        { mayHoldMarks: () => passed.mayHoldMarks, partitionTexts: () => passed.partitionTexts },
      ),
    settings.feed,
  )
}

interface PassedBatches extends Iterable<LogBatch> {
  readonly rows: number
  readonly mayHoldMarks: boolean
  /** The columns of the table, which have to hold the values. */
  columns: readonly ColumnDefinition[]
  /** The plan of the batches with the same columns. */
  plan: TablePlan | undefined
  partitionColumns: readonly string[]
  /** The texts of the partition columns that may be too long for a folder's name. */
  readonly partitionTexts: ReadonlySet<string>
  /** Adds the texts of a batch to {@link PassedBatches.partitionTexts}. */
  note(batch: LogBatch): void
}

/** Checks batches as they pass. Iterating throws WriterSchemaError if the table's columns cannot hold their values. */
function passedBatches(batches: Iterable<LogBatch>): PassedBatches {
  const passed = {
    rows: 0,
    mayHoldMarks: false,
    columns: [] as readonly ColumnDefinition[],
    plan: undefined as TablePlan | undefined,
    partitionColumns: [] as readonly string[],
    partitionTexts: new Set<string>(),
    note(batch: LogBatch) {
      for (const text of longTexts(batch, passed.partitionColumns)) passed.partitionTexts.add(text)
    },
    *[Symbol.iterator]() {
      for (const batch of batches) {
        assertNoMisfits(misfits(passed.columns, batch))
        if (passed.plan) assertWithoutValues(passed.plan, batch)
        passed.rows += batch.rowCount
        passed.mayHoldMarks ||= mayHoldMarks(batch)
        passed.note(batch)
        yield batch
      }
    },
  }
  return passed
}

/**
 * Throws WriterSchemaError if a later batch has values in a column that was null in the first of these batches and whose type does not fit the table.
 */
function assertWithoutValues({ schema, expressions }: TablePlan, batch: LogBatch): void {
  for (const [at, { name, type }] of batch.columns.entries()) {
    const field = schema.fields.findIndex((each) => each.name === name)
    if (expressions[field]?.source !== 'none') continue
    const [found, vector] = [schema.fields[field], batch.vectors[at]]
    if (found && vector && !isAllNull(vector.validity, batch.rowCount)) throw otherType(name, found.type, type)
  }
}

function changedMeanwhile(snapshot: Snapshot | undefined): WriterConcurrencyError {
  return new WriterConcurrencyError(
    `commit ${snapshot?.version} of another writer changed the table during the append`,
    {
      context: { version: snapshot?.version, conflict: 'metadataChanged', operation: snapshot?.commitInfo?.operation },
      suggestions: ['Write again: the change is then made against the newest version.'],
      committed: 'no',
    },
  )
}
