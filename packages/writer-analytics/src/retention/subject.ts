import { type ColumnDefinition, column, gt, isIn, type LogTable, like, or, type Predicate } from '@forge/writer-core'
import { companionOf, findColumn, isNested, predicateColumns, replaceColumns } from '@forge/writer-core/storage'

/** The rows to erase, and the facts by which rows of other tables are recognised as related to them. */
export interface Subject {
  readonly where: Predicate
  /** The runs of which every row is erased. */
  readonly runs: readonly string[]
  /** The texts that no other row of the log contains. */
  readonly texts: readonly string[]
}

/** The maximum number of runs whose ids are searched for in companions. */
const MAX_RUNS = 50_000

/** Returns the runs that would have no row left in these tables. Must be called before the rows are deleted. */
export async function wholeRuns(tables: readonly LogTable[], where: Predicate): Promise<string[]> {
  const asked: LogTable[] = []
  for (const table of tables) {
    const { columns } = await table.info()
    if (hasColumns(columns, ['run_id', ...predicateColumns(where)])) asked.push(table)
  }
  const found = new Set<string>()
  for (const table of asked) for (const run of await runsOf(table, where, gt('own', 0))) found.add(run)
  const runs = [...found].slice(0, MAX_RUNS)
  const isPart = { op: 'compare', operator: '<', left: column('own'), right: column('all') } as const
  const parts = new Set<string>()
  for (const table of runs.length > 0 ? asked : []) {
    for (const run of await runsOf(table, where, isPart, isIn('run_id', runs))) parts.add(run)
  }
  return runs.filter((run) => !parts.has(run))
}

/** Returns the runs by the number of their rows that are erased. */
async function runsOf(table: LogTable, where: Predicate, wanted: Predicate, among?: Predicate): Promise<string[]> {
  const rows = await table.aggregate({
    from: {
      where: among,
      groupBy: [{ as: 'run', by: column('run_id') }],
      measures: [
        { as: 'all', fn: 'count' },
        { as: 'own', fn: 'count', where },
      ],
    },
    where: wanted,
    groupBy: [{ as: 'run', by: column('run') }],
    measures: [],
    limit: MAX_RUNS,
  })
  return rows.flatMap(({ run }) => (typeof run === 'string' ? [run] : []))
}

function hasColumns(columns: readonly ColumnDefinition[], names: readonly string[]): boolean {
  return names.every((name) => findColumn(name, columns) !== undefined)
}

/** Returns the condition of the rows of a companion table that are related to the subject; undefined if it cannot be known. */
export function ofSubject(
  table: LogTable,
  columns: readonly ColumnDefinition[],
  subject: Subject,
): Predicate | undefined {
  const isThere = (names: readonly string[]) => hasColumns(columns, names)
  const companion = companionOf(table.ref)
  const same = isThere(predicateColumns(subject.where)) ? subject.where : undefined
  const mapped = companion && !same ? replaceColumns(subject.where, (name) => companion.columns[name]) : undefined
  const conditions = [
    ...(same ? [same] : []),
    ...(mapped && isThere(predicateColumns(mapped)) ? [mapped] : []),
    ...(companion?.run !== undefined && isThere([companion.run]) && subject.runs.length > 0
      ? [isIn(companion.run, subject.runs)]
      : []),
    ...(companion ? [mentions(columns, subject.texts)] : []),
  ].filter(({ op }) => op !== 'false')
  return conditions.length === 0 ? undefined : or(...conditions)
}

/** Matches rows that contain one of the texts. */
export function mentions(columns: readonly ColumnDefinition[], texts: readonly string[]): Predicate {
  const names = columns
    .filter(({ type }) => type === 'string' || type === 'json' || isNested(type))
    .map(({ name }) => name)
  const patterns = texts.map((text) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`)
  const found = names.flatMap((name) => patterns.map((pattern) => like(name, pattern)))
  return found.length === 0 ? { op: 'false' } : or(...found)
}
