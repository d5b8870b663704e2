import { afterEach, beforeEach, type TestContext } from 'vitest'
import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows, batchRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { Row } from '../column/column-type.ts'
import type { ScanQuery } from '../query/scan.ts'
import type { Capability } from '../storage/capabilities.ts'
import type { LogTable, TableOptions, TableReader, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

export interface StorageUnderTest {
  /** The prefix of test names. */
  readonly name: string
  /** Creates an empty storage in a new place. The suite closes it. */
  readonly create: () => StorageBackend | Promise<StorageBackend>
  /** Opens another storage on the place that {@link create} made last. Without it, nothing is tested after `close`. */
  readonly reopen?: (() => StorageBackend | Promise<StorageBackend>) | undefined
  /** Removes all places; called after each test. Not needed for places in {@link newFolder}. */
  readonly destroy?: (() => unknown) | undefined
  /** The limits of the storage. Values beyond a limit must be rejected with a WriterSchemaError. Default: no limits. */
  readonly limits?: StorageLimits | undefined
  /** The areas of the suite to run. Default: all areas. */
  readonly areas?: readonly StorageArea[] | undefined
}

/** The limits of an engine, which the suite respects: it then tests that values beyond them are rejected. */
export interface StorageLimits {
  /** False if text cannot contain NUL. Default true. */
  readonly nul?: false | undefined
  /** The maximum number of bytes of the name of a column. Default 255. */
  readonly nameBytes?: number | undefined
}

/** A part of the suite. */
export type StorageArea =
  | 'append'
  | 'streams'
  | 'failing writes'
  | 'values'
  | 'numbers'
  | 'types'
  | 'exact values'
  | 'unfilled columns'
  | 'schema'
  | 'scan'
  | 'predicates'
  | 'aggregates'
  | 'changes'
  | 'history'
  | 'upkeep'
  | 'concurrency'
  | 'durability'
  | 'closing'
  | 'storage'
  | 'options'
  | 'settings'
  | 'random'

/** A column for each type of new columns that the writer creates. */
export const COLUMNS = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
  { name: 'created_at', type: 'timestamp', nullable: true },
] as const satisfies readonly ColumnDefinition[]

export const REF: TableRef = { schema: 'analytics', name: 'logs' }

/** Provides storages and places to the tests; after each test it closes the storages and removes the places. */
export interface Bench {
  readonly hasReopen: boolean
  readonly limits: StorageLimits
  storage(): Promise<StorageBackend>
  /** Closes the storage and returns a new one in the same place. */
  reopen(): Promise<StorageBackend>
  table(options?: TableOptions): Promise<LogTable>
  /** Skips the test, with the reason, unless the table or storage has each of the optional methods. */
  needs<Owner extends object, Name extends keyof Owner & string>(
    owner: Owner,
    ...names: readonly Name[]
  ): asserts owner is Owner & Required<Pick<Owner, Name>>
  /** Skips the test, with the reason, unless the table or storage has at least one of the optional methods. */
  needsOneOf<Owner extends object>(owner: Owner, ...names: readonly (keyof Owner & string)[]): void
  /** Opens a table that has an optional method. If the storage lacks it, the test is skipped with that reason. */
  tableWith<Name extends Capability>(name: Name, options?: TableOptions): Promise<TableWith<Name>>
}

/** A table that has an optional method. */
export type TableWith<Name extends Capability> = LogTable & Required<Pick<LogTable, Name>>

export function benchOf(under: StorageUnderTest): Bench {
  const opened: StorageBackend[] = []
  const keep = (storage: StorageBackend) => {
    opened.push(storage)
    return storage
  }
  const closeAll = async () => {
    for (const storage of opened.splice(0)) await storage.close()
  }
  afterEach(async () => {
    await closeAll()
    await under.destroy?.()
  })
  let context: TestContext | undefined
  beforeEach((each) => {
    context = each
  })
  const skip = (missing: string) => {
    context?.skip(`the storage has no ${missing}`)
    throw new Error(`the storage has no ${missing}`)
  }
  const storage = async () => keep(await under.create())
  const table = async (options: TableOptions = { columns: COLUMNS }) => (await storage()).openTable(REF, options)
  return {
    hasReopen: under.reopen !== undefined,
    limits: under.limits ?? {},
    storage,
    async reopen() {
      await closeAll()
      if (!under.reopen) throw new Error('the suite cannot reopen the storage')
      return keep(await under.reopen())
    },
    table,
    needs(owner, ...names) {
      for (const name of names) if (owner[name] === undefined) skip(name)
    },
    needsOneOf(owner, ...names) {
      if (names.every((name) => owner[name] === undefined)) skip(names.join(', '))
    },
    async tableWith(name, options) {
      const opened = await table(options)
      return hasCapability(opened, name) ? opened : skip(name)
    },
  }
}

function hasCapability<Name extends Capability>(table: LogTable, name: Name): table is TableWith<Name> {
  return table[name] !== undefined
}

/** Creates a batch of rows; missing values are null. */
export function rowsOf(...rows: Readonly<Record<string, unknown>>[]): LogBatch {
  return batchFromRows(COLUMNS, rows)
}

export function ids(...of: number[]): LogBatch {
  return rowsOf(...of.map((id) => ({ id, name: `n${id}` })))
}

export async function read(reader: TableReader, query?: ScanQuery): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of reader.scan(query)) rows.push(...batchRows(batch))
  return rows
}

/** Returns the ids of the rows, sorted. */
export async function idsIn(reader: TableReader, query?: ScanQuery): Promise<unknown[]> {
  return (await read(reader, query)).map((row) => row.id).sort((a, b) => Number(a) - Number(b))
}
