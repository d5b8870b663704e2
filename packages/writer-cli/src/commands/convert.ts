import { resolve } from 'node:path'
import {
  assertLocalPath,
  type LogTable,
  maskedAddress,
  type StorageBackend,
  type WriterConfig,
  WriterTableError,
} from '@forge/writer-core'
import { addressKind, addressScheme } from '@forge/writer-core/addresses'
import { tablesNextTo } from '@forge/writer-core/storage'
import { visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { text } from '../command/option.ts'
import { storageAtPath } from '../command/settings.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { isStorageKind } from '../storage/backends.ts'
import { copyTable, type TableCopy } from '../storage/copy-table.ts'
import { openStorage } from '../storage/open-storage.ts'

export const convert = defineCommand({
  description:
    'Copy the log and the tables next to it (verdicts, anomalies, feedback, quarantine and others) to another storage, with all columns unchanged. The target tables must be empty; the source is not changed.',
  options: {
    to: text('DuckDB file, directory of Delta tables, or address (s3://, postgres://, sc://) to write', {
      value: 'path',
    }),
    toStorage: text(
      'duckdb, delta, postgres, spark, or the package that opens the address; default: that of the address',
      {
        value: 'kind',
      },
    ),
  },
  examples: [
    { command: 'convert --to lake --to-storage delta', does: 'from DuckDB to Delta' },
    { command: 'convert --to s3://company-logs/pipelines', does: 'from this machine to S3' },
    {
      command: 'convert --storage delta --path lake --to back.duckdb --to-storage duckdb',
      does: 'from Delta to DuckDB',
    },
  ],
  async run({ options, output, host, settings, openSource, signal }) {
    const { to } = options
    const isPath = to !== undefined && addressScheme(to) === undefined
    if (to === undefined || (isPath && options.toStorage === undefined))
      throw new UsageError('pass the target: --to PATH --to-storage KIND')
    const toStorage = storageAtPath(to, options.toStorage, '--to-storage')
    if (isStorageKind(toStorage) && addressKind(to) === undefined) assertLocalPath(to, '--to')
    const given = await settings()
    const source = await openSource()
    const log = await source.table()
    const place = isPath ? resolve(host.cwd, to) : to
    const path = maskedAddress(place)
    const target = await openStorage(
      { storage: toStorage, path: place, config: given.config, cwd: host.cwd },
      { write: true, mayBeMissing: true },
    )
    try {
      const pairs = [await pairOf(log, target, given.config)]
      for (const ref of tablesNextTo(log.ref, (await source.storage.listTables?.()) ?? [])) {
        pairs.push(await pairOf(await source.storage.openTable(ref), target, {}))
      }
      for (const { into } of pairs) await assertEmpty(into, path)
      const tables: CopiedTable[] = []
      for (const pair of pairs) {
        const table = `${pair.from.ref.schema}.${pair.from.ref.name}`
        const progress = (done: number) => output.progress(`${table}: ${countText(done)} rows`)
        tables.push({ table, rows: await copyTable({ ...pair, signal, progress }) })
      }
      const [{ rows } = { rows: 0 }, ...others] = tables
      await output.result({ rows, tables, storage: toStorage, path }, () => [
        `${countText(rows)} rows copied to ${visibleLine(path)}`,
        ...others.map((each) => visibleLine(`${countText(each.rows)} rows of ${each.table}`)),
      ])
    } finally {
      await target.close()
    }
  },
})

interface CopiedTable {
  readonly table: string
  readonly rows: number
}

/** Returns a table and its counterpart in the target, which is laid out as configured. */
async function pairOf(
  from: LogTable,
  target: StorageBackend,
  { partitionColumns = [], clusterColumns = [], compression }: Partial<WriterConfig>,
): Promise<Pick<TableCopy, 'from' | 'into' | 'version'>> {
  const { columns, version } = await from.info()
  const layout = { columns, partitionColumns, clusterColumns, compression }
  return { from, version, into: await target.openTable(from.ref, layout) }
}

async function assertEmpty(table: LogTable, path: string): Promise<void> {
  const { rowCount } = await table.info()
  if (rowCount === 0) return
  throw new WriterTableError(`the target table is not empty: it has ${rowCount} rows`, {
    context: { path, table: `${table.ref.schema}.${table.ref.name}` },
    suggestions: ['Pass an empty target with --to.'],
    committed: 'no',
  })
}
