import type { MaintainTableResult, UpkeepPlan, UpkeepStep } from '@forge/writer-analytics'
import { type SchemaChange, type TableSource, WriterUnsupportedError } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, list } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { factLines } from '../output/facts.ts'
import { bytesText, countText, durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { tellWhile } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

const PARTS = ['vacuum', 'analyze', 'schema']

export const maintain = defineCommand({
  description:
    'Return free space, bring statistics up to date, and check the schema of the log table. Exit code 3 where the schema is not that of a log.',
  options: {
    auto: flag('Decide from the state of the table what is needed, compaction included, and say why'),
    dryRun: flag('With --auto: only say what is needed'),
    migrate: flag("First bring the table to today's columns and types, such as one of the Python original"),
    skip: list(`What to leave out (${PARTS.join(', ')})`),
  },
  examples: [
    { command: 'maintain', does: 'all three' },
    { command: 'maintain --auto', does: 'what is needed, such as from cron' },
    { command: 'maintain --auto --dry-run', does: 'what is needed, and why' },
    { command: 'maintain --migrate', does: 'a table of the Python original becomes one of today' },
  ],
  async run({ options, output, openSource }) {
    const skip = options.skip ?? []
    const unknown = skip.filter((part) => !PARTS.includes(part))
    if (unknown.length > 0) throw new UsageError(`--skip takes ${PARTS.join(', ')}, not ${unknown.join(', ')}`)
    if (options.dryRun && !options.auto) throw new UsageError('--dry-run needs --auto')
    if (options.dryRun && options.migrate) throw new UsageError('--dry-run changes nothing, --migrate does')
    const { maintainTable, planUpkeep } = await import('@forge/writer-analytics')
    const source = await openSource({ write: true })
    if (options.dryRun) {
      const plan = await planUpkeep(source)
      await output.result(plan, () => planLines(plan, output))
      return EXIT.ok
    }
    const { migrated, ...result } = await tellWhile(output, 'maintaining', async () => ({
      ...(options.migrate && { migrated: await migrate(source) }),
      ...(await maintainTable(source, {
        auto: options.auto,
        vacuum: !skip.includes('vacuum'),
        analyze: !skip.includes('analyze'),
        validateSchema: !skip.includes('schema'),
      })),
    }))
    await output.result({ ...result, ...(migrated && { migrated }) }, function* () {
      if (result.plan) yield* planLines(result.plan, output)
      yield* factLines([...(migrated ? [fact('migrate', changeText(migrated))] : []), ...facts(result)], output)
    })
    return result.schema?.valid === false ? EXIT.breach : EXIT.ok
  },
})

async function migrate(source: TableSource): Promise<SchemaChange> {
  const table = await source.table()
  if (!table.migrate) throw new WriterUnsupportedError(`${source.storage.name} storage has no tables to migrate`)
  return table.migrate()
}

function changeText({ add = [], widen = [] }: SchemaChange): string {
  const changes = [
    ...add.map(({ name }) => `${name} is new`),
    ...widen.map(({ column, to }) => `${column} is ${to} now`),
  ]
  return changes.join(', ') || 'the columns are those of today'
}

function* planLines({ steps }: UpkeepPlan, output: Output): Generator<string> {
  yield* formatTable(PLAN_COLUMNS, steps, output)
  yield ''
}

const PLAN_COLUMNS: readonly TableColumn<UpkeepStep>[] = [
  { header: 'upkeep', cell: ({ operation }) => operation, shrink: false },
  { header: 'needed', cell: ({ isNeeded }) => (isNeeded ? 'yes' : 'no'), shrink: false },
  { header: 'because', cell: ({ reason }) => reason },
]

function facts(result: MaintainTableResult): [string, string][] {
  const { vacuum, analyze, schema, optimize } = result
  return [
    ['done', result.maintenanceOperations.join(', ') || `nothing: ${result.reason}`],
    ...(optimize ? [fact('optimize', optimize.applied.join(', ') || 'nothing to pack')] : []),
    ...(vacuum
      ? [fact('vacuum', `${bytesText(vacuum.bytesFreed)} freed, ${countText(vacuum.filesRemoved)} files`)]
      : []),
    ...(analyze
      ? [fact('analyze', `${analyze.columnsAnalyzed.length} columns, ${countText(analyze.rowCount)} rows`)]
      : []),
    ...(schema?.valid ? [fact('schema', 'that of a log')] : []),
    ...(schema?.problems ?? []).map(({ column, problem }) => fact('schema', `${column} ${problem}`)),
    ...result.skipped.map(({ name, reason }) => fact('skipped', `${name}: ${reason}`)),
    fact('took', durationText(result.maintenanceDurationSecs)),
  ]
}

function fact(name: string, value: string): [string, string] {
  return [name, value]
}
