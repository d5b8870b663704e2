import { column, eq, type TableReader, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { nearestNames } from '@forge/writer-core/storage'

/** The names given by options. */
export interface GivenNames {
  readonly pipeline?: string | undefined
  readonly step?: string | undefined
}

/** Returns true for a pattern of names. */
export function isGlob(name: string): boolean {
  return /[*?]/.test(name)
}

const COLUMNS = { pipeline: 'pipeline_id', step: 'step_name' } as const
/** The maximum number of names that are searched for similar ones. */
const MAX_NAMES = 5000

/**
 * Checks that each name occurs in the log: a mistyped name must not look like a log in which nothing happened.
 * Throws WriterConfigurationError that suggests the most similar names.
 */
export async function assertKnownNames(source: TableSource, names: GivenNames): Promise<void> {
  const table = await source.table()
  const { exists, columns } = await table.info()
  if (!exists) return
  for (const what of ['pipeline', 'step'] as const) {
    const name = names[what]
    const of = COLUMNS[what]
    if (name === undefined || !columns.some((each) => each.name === of)) continue
    const [found] = await table.aggregate({ where: eq(of, name), measures: [{ as: 'rows', fn: 'count' }] })
    if (Number(found?.rows ?? 0) === 0) throw await unknownName(table, what, name)
  }
}

async function unknownName(table: TableReader, what: keyof typeof COLUMNS, name: string) {
  const rows = await table.aggregate({
    groupBy: [{ as: 'name', by: column(COLUMNS[what]) }],
    measures: [],
    limit: MAX_NAMES,
  })
  const known = rows.flatMap(({ name: each }) => (typeof each === 'string' ? [each] : []))
  const near = nearestNames(name, known)
  return new WriterConfigurationError(`the log has no ${what} ${name}`, {
    context: { what, name, nearest: near },
    suggestions: near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : [],
  })
}
