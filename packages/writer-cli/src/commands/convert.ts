import { resolve } from 'node:path'
import { type LogTable, WriterTableError } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { choice, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { copyTable } from '../storage/copy-table.ts'
import { openStorage } from '../storage/open-storage.ts'

export const convert = defineCommand({
  description:
    'Copy the log into another storage, all columns as they are. The target table must be empty; the source is not changed.',
  options: {
    to: text('DuckDB file or directory of Delta tables to write', { value: 'path' }),
    toStorage: choice(['duckdb', 'delta'], 'Storage to write', { value: 'kind' }),
  },
  examples: [
    { command: 'convert --to lake --to-storage delta', does: 'logs.duckdb into Delta' },
    { command: 'convert --storage delta --path lake --to back.duckdb --to-storage duckdb', does: 'and back' },
  ],
  async run({ options, output, host, settings, openSource, signal }) {
    const { to, toStorage } = options
    if (to === undefined || toStorage === undefined)
      throw new UsageError('name the target: --to PATH --to-storage KIND')
    const given = await settings()
    const source = await openSource()
    const from = await source.table()
    const path = resolve(host.cwd, to)
    const target = await openStorage(
      { storage: toStorage, path, config: given.config },
      { write: true, mayBeMissing: true },
    )
    try {
      const { columns, version } = await from.info()
      const { partitionColumns, clusterColumns, compression } = given.config
      const into = await target.openTable(from.ref, { columns, partitionColumns, clusterColumns, compression })
      await assertEmpty(into, path)
      const rows = await copyTable({
        from,
        into,
        version,
        signal,
        progress: (done) => output.progress(`${countText(done)} rows`),
      })
      await output.result({ rows, storage: toStorage, path }, () => [`${countText(rows)} rows into ${sanitize(path)}`])
    } finally {
      await target.close()
    }
  },
})

async function assertEmpty(table: LogTable, path: string): Promise<void> {
  const { rowCount } = await table.info()
  if (rowCount === 0) return
  throw new WriterTableError(`the target table has ${rowCount} rows already`, {
    context: { path, table: `${table.ref.schema}.${table.ref.name}` },
    suggestions: ['Name an empty target with --to.'],
    committed: 'no',
  })
}
