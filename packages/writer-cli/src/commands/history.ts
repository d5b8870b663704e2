import { type TableVersion, WriterUnsupportedError } from '@forge/writer-core'
import { bytesText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { integer } from '../command/option.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const history = defineCommand({
  description: 'List the versions of the log table, and what each write changed',
  options: { limit: integer('Maximum number of versions', { short: 'n', min: 1, default: 20 }), ...ZONE_OPTION },
  examples: [
    { command: 'history', does: 'the newest 20 versions' },
    { command: 'history -n 1 --json', does: 'the latest write, for a script' },
  ],
  async run({ options, output, openSource }) {
    const source = await openSource()
    const table = await source.table()
    if (!table.history) {
      throw new WriterUnsupportedError(`${source.storage.name} storage does not keep a history`, {
        suggestions: ['Use DuckDB or Delta storage.'],
      })
    }
    const found = await table.history({ limit: options.limit })
    await output.result(found, function* () {
      yield* formatTable(COLUMNS, found.versions, output)
      const hidden = found.totalVersions - found.versions.length
      if (hidden > 0) yield `and ${countText(hidden)} older versions`
    })
  },
})

const COLUMNS: readonly TableColumn<TableVersion>[] = [
  { header: 'version', align: 'right', cell: ({ version }) => String(version) },
  { header: 'time', isTime: true, cell: ({ timestamp }, clock) => clock.second(timestamp), shrink: false },
  { header: 'operation', cell: ({ operation }) => operation, shrink: false },
  { header: 'rows', align: 'right', cell: ({ rowCount }) => countText(rowCount) },
  { header: 'added', align: 'right', cell: ({ rowsAdded }) => countText(rowsAdded) },
  { header: 'removed', align: 'right', cell: ({ rowsRemoved }) => countText(rowsRemoved), leaves: 3 },
  { header: 'size', align: 'right', cell: ({ sizeBytes }) => bytesText(sizeBytes), leaves: 2 },
  { header: 'batch', cell: ({ batchId }) => batchId ?? '', cut: 'middle', minWidth: 16 },
  { header: 'writer', cell: ({ writer }) => writer ?? '', minWidth: 12, leaves: 1 },
]
