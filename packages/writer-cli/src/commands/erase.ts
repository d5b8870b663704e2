import type { ErasedTable, EraseResult } from '@forge/writer-analytics'
import { LOG_COLUMNS } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, repeated } from '../command/option.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { UsageError } from '../command/usage-error.ts'
import { bytesText, countText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { tellWhile } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const erase = defineCommand({
  description:
    'Erase the rows of a subject from the log and the tables beside it, give up every older version, and search all files for what is left. Exit code 3 where something is. Only while no other process uses the log.',
  options: {
    ...ROW_FILTERS,
    text: repeated('Further text of which no byte may be left, such as a name within messages'),
    dryRun: flag('Only count the rows'),
    yes: flag('Erase: there is no way back'),
  },
  examples: [
    { command: "erase --where \"metadata ->> 'user' = 'ada'\" --dry-run", does: 'how many rows it would be' },
    {
      command: "erase --where \"metadata ->> 'user' = 'ada'\" --text ada@example.com --yes",
      does: 'erase, and prove it',
    },
  ],
  async run({ options, output, host, openSource }) {
    const filter = rowFilter(options, host.now())
    const wanted = filter(LOG_COLUMNS)
    if (!wanted) throw new UsageError('name the rows to erase: --where, --run, --pipeline ...')
    if (!options.dryRun && !options.yes) throw new UsageError('there is no way back: add --yes, or --dry-run to count')
    const { eraseRows } = await import('@forge/writer-analytics')
    const source = await openSource({ write: !options.dryRun })
    const where = (await conditionFor(source, filter)) ?? wanted
    const result = await tellWhile(output, 'erasing', () =>
      eraseRows(source, { where, texts: options.text, dryRun: options.dryRun }),
    )
    await output.result(result, () => eraseLines(result, output))
    return result.proof?.isProven === false ? EXIT.breach : EXIT.ok
  },
})

function* eraseLines({ dryRun, tables, rowsErased, proof }: EraseResult, output: Output): Generator<string> {
  yield* formatTable(COLUMNS, tables, output)
  yield ''
  yield `${countText(rowsErased)} rows ${dryRun ? 'would be' : 'were'} erased`
  if (!proof) return
  const searched = `${proof.texts} texts in ${proof.filesSearched} files, ${bytesText(proof.bytesSearched)}`
  yield proof.isProven
    ? `${output.style('green', 'proven')}: nothing is left (searched for ${searched})`
    : `${output.style('red', 'not proven')}: ${proof.reason} (searched for ${searched})`
  for (const file of proof.foundIn) yield `  ${file}`
}

const COLUMNS: readonly TableColumn<ErasedTable>[] = [
  { header: 'table', cell: ({ tableFqn }) => tableFqn },
  { header: 'rows', align: 'right', cell: ({ rowsErased }) => countText(rowsErased) },
  { header: 'skipped', cell: ({ skipped }) => skipped ?? '' },
]
