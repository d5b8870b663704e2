import type { MaintainTableResult, UpkeepPlan, UpkeepStep } from '@forge/writer-analytics'
import { type SchemaChange, type TableSource, WriterUnsupportedError } from '@forge/writer-core'
import { bytesText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, list } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

const PARTS = ['vacuum', 'analyze', 'schema']

export const maintain = defineCommand({
  description:
    'Free unused space, update statistics, and check the schema of the log table. Exits with 3 if the schema is not that of a log.',
  options: {
    auto: flag('Run only what the state of the table requires, including compaction, and show the reasons'),
    dryRun: flag('With --auto: only show what is needed'),
    migrate: flag(
      'First migrate the table to the current columns and types, for example a table of the Python original',
    ),
    skip: list(`Operations to skip (${PARTS.join(', ')})`),
  },
  examples: [
    { command: 'maintain', does: 'vacuum, analyze and check the schema' },
    { command: 'maintain --auto', does: 'run what is needed, for example from cron' },
    { command: 'maintain --auto --dry-run', does: 'show what is needed and why' },
    { command: 'maintain --migrate', does: 'migrate a table of the Python original first' },
  ],
  async run({ options, output, openSource }) {
    const skip = options.skip ?? []
    const unknown = skip.filter((part) => !PARTS.includes(part))
    if (unknown.length > 0) throw new UsageError(`--skip takes ${PARTS.join(', ')}, not ${unknown.join(', ')}`)
    if (options.dryRun && !options.auto) throw new UsageError('--dry-run needs --auto')
    if (options.dryRun && options.migrate) throw new UsageError('--dry-run and --migrate cannot be used together')
    const { maintainTable, planUpkeep } = await import('@forge/writer-analytics')
    const source = await openSource({ write: true })
    if (options.dryRun) {
      const plan = await planUpkeep(source)
      await output.result(plan, () => planLines(plan, output))
      return EXIT.ok
    }
    const { migrated, ...result } = await showProgress(output, 'maintaining', async () => ({
      migrated: options.migrate ? await migrate(source) : undefined,
      ...(await maintainTable(source, {
        auto: options.auto,
        vacuum: !skip.includes('vacuum'),
        analyze: !skip.includes('analyze'),
        validateSchema: !skip.includes('schema'),
      })),
    }))
    await output.result({ ...result, migrated }, function* () {
      if (result.plan) yield* planLines(result.plan, output)
      yield* factLines([...(migrated ? [fact('migrate', changeText(migrated))] : []), ...facts(result)], output)
    })
    return result.schema?.valid === false ? EXIT.breach : EXIT.ok
  },
})

async function migrate(source: TableSource): Promise<SchemaChange> {
  const table = await source.table()
  if (!table.migrate) throw new WriterUnsupportedError(`${source.storage.name} storage does not support migration`)
  return table.migrate()
}

function changeText({ add = [], widen = [] }: SchemaChange): string {
  const changes = [
    ...add.map(({ name }) => `added ${name}`),
    ...widen.map(({ column, to }) => `widened ${column} to ${to}`),
  ]
  return changes.join(', ') || 'the columns are up to date'
}

function* planLines({ steps }: UpkeepPlan, output: Output): Generator<string> {
  yield* formatTable(PLAN_COLUMNS, steps, output)
  yield ''
}

const PLAN_COLUMNS: readonly TableColumn<UpkeepStep>[] = [
  { header: 'operation', cell: ({ operation }) => operation, shrink: false },
  { header: 'needed', cell: ({ isNeeded }) => (isNeeded ? 'yes' : 'no'), shrink: false },
  { header: 'reason', cell: ({ reason }) => reason },
]

function facts(result: MaintainTableResult): [string, string][] {
  const { vacuum, analyze, schema, optimize } = result
  return [
    ['done', result.maintenanceOperations.join(', ') || `nothing: ${result.reason}`],
    ...(optimize ? [fact('optimize', optimize.applied.join(', ') || 'nothing to compact')] : []),
    ...(vacuum
      ? [fact('vacuum', `${bytesText(vacuum.bytesFreed)} freed, ${countText(vacuum.filesRemoved)} files`)]
      : []),
    ...(analyze
      ? [fact('analyze', `${analyze.columnsAnalyzed.length} columns, ${countText(analyze.rowCount)} rows`)]
      : []),
    ...(schema?.valid ? [fact('schema', 'valid')] : []),
    ...(schema?.problems ?? []).map(({ column, problem }) => fact('schema', `${column} ${problem}`)),
    ...result.skipped.map(({ name, reason }) => fact('skipped', `${name}: ${reason}`)),
    fact('took', durationText(result.maintenanceDurationSecs)),
  ]
}

function fact(name: string, value: string): [string, string] {
  return [name, value]
}
