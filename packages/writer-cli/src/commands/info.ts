import { bytesText, visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { countText } from '../output/format.ts'
import { formatTable } from '../output/table.ts'

export const info = defineCommand({
  options: {},
  examples: [
    { command: 'info', does: 'rows, version, size and columns' },
    { command: 'info --json | jq .rowCount', does: 'the row count, for a script' },
  ],
  async run({ output, openSource }) {
    const source = await openSource({ mayBeMissing: true })
    const { tableSchema, tableName } = source.config
    const table = await source.table()
    const found = await table.info()
    const fqn = `${tableSchema}.${tableName}`
    const facts: [string, string][] = [
      ['table', fqn],
      ['exists', found.exists ? 'yes' : 'no'],
      ['storage', `${source.storage.name} at ${found.location}`],
      ['rows', countText(found.rowCount)],
      ['version', String(found.version)],
      ['size', `${bytesText(found.sizeBytes)} in ${countText(found.files)} ${found.files === 1 ? 'file' : 'files'}`],
      ['partitions', found.partitionColumns.join(', ') || 'none'],
    ]
    await output.result({ tableFqn: fqn, storage: source.storage.name, ...found }, function* () {
      for (const [name, value] of facts) yield `${output.style('bold', name.padEnd(10))}  ${visibleLine(value)}`
      if (!found.exists) return
      yield ''
      yield* formatTable(COLUMN_COLUMNS, found.columns, output)
    })
  },
})

type Column = Awaited<ReturnType<import('@forge/writer-core').LogTable['info']>>['columns'][number]

const COLUMN_COLUMNS = [
  { header: 'column', cell: (column: Column) => column.name, shrink: false },
  { header: 'type', cell: (column: Column) => column.type, shrink: false },
  { header: 'null', cell: (column: Column) => (column.nullable ? 'yes' : 'no'), shrink: false },
  { header: 'unit', cell: (column: Column) => column.unit ?? '', shrink: false },
  { header: 'meaning', cell: (column: Column) => column.description ?? '' },
]
