import type { ErasedTable, EraseResult } from '@forge/writer-analytics'
import { and, eq, LOG_COLUMNS } from '@forge/writer-core'
import { bytesText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, repeatable, text } from '../command/option.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const erase = defineCommand({
  description:
    'Erase matching rows from the log and from the tables next to it, discard all older versions, then scan every file for leftovers. Exits with 3 if any are found. No other process may use the log meanwhile.',
  options: {
    ...ROW_FILTERS,
    run: text('Only rows of this run', { value: 'id' }),
    text: repeatable('Additional text that must not remain anywhere, such as a name in messages'),
    dryRun: flag('Only count the rows'),
    yes: flag('Confirm: this cannot be undone'),
  },
  examples: [
    { command: "erase --where \"metadata ->> 'user' = 'ada'\" --dry-run", does: 'count the rows' },
    {
      command: "erase --where \"metadata ->> 'user' = 'ada'\" --text ada@example.com --yes",
      does: 'erase the rows and scan for leftovers',
    },
  ],
  async run({ options, output, host, openSource }) {
    const filter = rowFilter(options, host.now())
    const wanted = filter(LOG_COLUMNS)
    const { run, ...others } = options
    if (!wanted && run === undefined && others.owner === undefined && others.tag === undefined)
      throw new UsageError('select the rows to erase, for example with --where, --run or --pipeline')
    if (!options.dryRun && !options.yes)
      throw new UsageError('erasing cannot be undone: pass --yes to confirm, or --dry-run to count the rows')
    const { eraseRows } = await import('@forge/writer-analytics')
    const source = await openSource({ write: !options.dryRun })
    // This command requires whole ids, because it cannot be undone: the beginning of an id may match a run that nobody meant.
    const other = (await conditionFor(source, filter, { ...others, run: undefined })) ?? wanted
    const where = and(...(other ? [other] : []), ...(run === undefined ? [] : [eq('run_id', run)]))
    const result = await showProgress(output, 'erasing', () =>
      eraseRows(source, { where, texts: options.text, dryRun: options.dryRun }),
    )
    await output.result(result, () => eraseLines(result, output))
    return result.proof?.isProven === false ? EXIT.breach : EXIT.ok
  },
})

function* eraseLines({ dryRun, tables, rowsErased, proof }: EraseResult, output: Output): Generator<string> {
  yield* formatTable(COLUMNS, tables, output)
  yield ''
  const [rows, were] = rowsErased === 1 ? ['row', 'was'] : ['rows', 'were']
  yield `${countText(rowsErased)} ${rows} ${dryRun ? 'would be' : were} erased`
  if (!proof) return
  const searched = `${proof.texts} texts in ${proof.filesSearched} files, ${bytesText(proof.bytesSearched)}`
  yield proof.isProven
    ? `${output.style('green', 'verified')}: nothing is left (searched for ${searched})`
    : `${output.style('red', 'not verified')}: ${proof.reason} (searched for ${searched})`
  for (const file of proof.foundIn) yield `  ${file}`
}

const COLUMNS: readonly TableColumn<ErasedTable>[] = [
  { header: 'table', cell: ({ tableFqn }) => tableFqn },
  { header: 'rows', align: 'right', cell: ({ rowsErased }) => countText(rowsErased) },
  { header: 'skipped', cell: ({ skipped }) => skipped ?? '' },
]
