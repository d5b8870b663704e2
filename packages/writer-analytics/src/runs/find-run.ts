import { and, column, eq, like, type Predicate, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { assertOptions, nearestNames } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { readRunPage } from './run-page.ts'

export interface FindRunOptions extends RowChoice {
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

const MAX_SHOWN = 10
/** The maximum number of ids that are searched for similar ones. */
const MAX_IDS = 5000

/**
 * Returns the id of the run that a person means: the whole id, or a prefix that only one of the chosen runs has. Without text, the newest of the
 * chosen runs. Throws WriterConfigurationError if no run, or more than one, matches.
 */
export async function findRun(
  source: TableSource,
  text: string | undefined,
  options: FindRunOptions = {},
): Promise<string> {
  assertOptions('findRun', options, { ...CHOICE_CHECKS, ...TABLE_CHECK })
  const reading = await openReading(source, options.table)
  const chosen = await chosenRows(reading, options)
  if (text === undefined) {
    const judged = await judgedRows(reading, chosen)
    const [newest] = reading.exists ? await readRunPage(reading, judged.all, { limit: 1 }) : []
    if (newest) return newest.runId
    throw new WriterConfigurationError(isLimited(options) ? 'the log has no such run' : 'the log has no run', {
      context: contextOf(options),
      suggestions: [
        isLimited(options)
          ? 'Run `forge-writer runs` to list the runs, with their pipelines.'
          : 'Record a run first: forge-writer ingest FILES.',
      ],
    })
  }
  const found = await idsWith(reading, text, chosen)
  const [only] = found
  if (only !== undefined && (found.length === 1 || only === text)) return only
  if (found.length > 1) {
    const more = found.length > MAX_SHOWN ? ' and more' : ''
    throw new WriterConfigurationError(`several runs begin with ${text}`, {
      context: { runs: found.slice(0, MAX_SHOWN) },
      suggestions: [`Add characters until only one of these matches: ${found.slice(0, MAX_SHOWN).join(', ')}${more}.`],
    })
  }
  throw await unknownRun(reading, text, { chosen, options })
}

/** Returns the ids that begin with a text, the id that equals it first. */
async function idsWith({ reader, exists }: LogReading, text: string, chosen: Predicate): Promise<string[]> {
  if (!exists || text === '') return []
  const ids = async (where: Predicate, limit: number) => {
    const rows = await reader.aggregate({
      where: and(where, chosen),
      groupBy: [{ as: 'run', by: column('run_id') }],
      measures: [],
      orderBy: [{ column: 'run' }],
      limit,
    })
    return rows.map(({ run }) => String(run))
  }
  const whole = await ids(eq('run_id', text), 1)
  return whole.length > 0 ? whole : ids(like('run_id', `${text.replaceAll(/[\\%_]/g, '\\$&')}%`), MAX_SHOWN + 1)
}

interface Wanted {
  readonly chosen: Predicate
  readonly options: FindRunOptions
}

async function unknownRun(reading: LogReading, text: string, wanted: Wanted): Promise<WriterConfigurationError> {
  const { chosen, options } = wanted
  const groupBy = [{ as: 'run', by: column('run_id') }]
  const rows = reading.exists
    ? await reading.reader.aggregate({ where: chosen, groupBy, measures: [], limit: MAX_IDS })
    : []
  const others = isLimited(options) ? await idsWith(reading, text, and()) : []
  const near = nearestNames(
    text,
    rows.map(({ run }) => String(run)),
  )
  return new WriterConfigurationError(`the log has no${isLimited(options) ? ' such' : ''} run ${text}`, {
    context: {
      run: text,
      nearest: near,
      ...contextOf(options),
      ...(others.length > 0 && { otherRuns: others.slice(0, MAX_SHOWN) }),
    },
    suggestions: [
      ...(others.length > 0 ? [`There is a run ${others[0]}, but not with the given pipeline, owner and tags.`] : []),
      ...(near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : []),
      'Run `forge-writer runs` to list the ids of runs.',
    ],
  })
}

function isLimited({ pipeline, owner, tags = [], where }: RowChoice): boolean {
  return pipeline !== undefined || owner !== undefined || tags.length > 0 || where !== undefined
}

function contextOf({ pipeline, owner, tags = [] }: RowChoice) {
  return {
    ...(pipeline !== undefined && { pipeline }),
    ...(owner !== undefined && { owner }),
    ...(tags.length > 0 && { tags: [...tags] }),
  }
}
