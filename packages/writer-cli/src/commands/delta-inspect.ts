import { resolve } from 'node:path'
import { assertLocalPath } from '@forge/writer-core'
import { addressKind } from '@forge/writer-core/addresses'
import { bytesText, visibleLine } from '@forge/writer-core/text'
import type { DeltaInspection } from '@forge/writer-storage-delta'
import { defineCommand } from '../command/command.ts'
import { countText } from '../output/format.ts'
import { toJson } from '../output/json.ts'
import { formatTable, type TableColumn } from '../output/table.ts'
import { STORAGE_PACKAGES } from '../storage/addresses.ts'

export const deltaInspect = defineCommand({
  description: 'Show the protocol, features, version, files and columns of a Delta table written by any tool',
  args: [{ name: '<folder>', description: 'Folder or s3:// address of the table, which contains _delta_log' }],
  table: false,
  options: {},
  examples: [
    { command: 'delta inspect lake/analytics/pipeline_logs', does: 'a log table' },
    { command: 'delta inspect lake/sales/orders --json', does: 'all details, for a script' },
    { command: 'delta inspect s3://company-logs/lake/analytics/pipeline_logs', does: 'a table on S3' },
  ],
  async run({ args, output, host }) {
    const found = await inspect(args[0] ?? '.', host.cwd)
    await output.result(found, function* () {
      for (const [name, value] of factsOf(found))
        yield `${output.style('bold', name.padEnd(17))}  ${visibleLine(value)}`
      yield ''
      yield* formatTable(COLUMNS, found.columns, output)
    })
  },
})

async function inspect(folder: string, cwd: string): Promise<DeltaInspection> {
  const { inspectDeltaTable } = await import('@forge/writer-storage-delta')
  if (addressKind(folder) !== 'delta') {
    assertLocalPath(folder, 'folder')
    return inspectDeltaTable(resolve(cwd, folder))
  }
  const stores = (await STORAGE_PACKAGES['@forge/writer-store-s3']()).s3StoresAt(folder)
  try {
    return await inspectDeltaTable(stores)
  } finally {
    await stores.close()
  }
}

function factsOf(found: DeltaInspection): [string, string][] {
  const { minReaderVersion, minWriterVersion } = found.protocol
  const properties = Object.entries(found.properties).map(([key, value]) => `${key}=${value}`)
  return [
    ['location', found.location],
    ['name', found.name ?? 'none'],
    ['id', found.id],
    ['version', `${found.version}, ${countText(found.commits)} commits in the log`],
    ['checkpoints', found.checkpoints.join(', ') || 'none'],
    ['protocol', `reader ${minReaderVersion}, writer ${minWriterVersion}`],
    ['reader features', found.readerFeatures.join(', ') || 'none'],
    ['writer features', found.writerFeatures.join(', ') || 'none'],
    ['appending', found.appendRefused ?? 'supported'],
    ['changing rows', found.rewriteRefused ?? 'supported'],
    ['rows', found.rows === null ? 'unknown without reading the files' : countText(found.rows)],
    ['files', `${countText(found.files)}, ${bytesText(found.sizeBytes)}`],
    ['deletion vectors', countText(found.deletionVectors)],
    ['tombstones', countText(found.tombstones)],
    ['partitioned by', found.partitionColumns.join(', ') || 'nothing'],
    ['properties', properties.join(', ') || 'none'],
  ]
}

const COLUMNS: readonly TableColumn<DeltaInspection['columns'][number]>[] = [
  { header: 'column', cell: ({ name }) => name, shrink: false },
  { header: 'type', cell: ({ type }) => (typeof type === 'string' ? type : toJson(type)) },
  { header: 'null', cell: ({ nullable }) => (nullable ? 'yes' : 'no'), shrink: false },
]
