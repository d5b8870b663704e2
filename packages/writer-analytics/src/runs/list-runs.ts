import {
  and,
  column,
  eq,
  gte,
  isIn,
  like,
  literal,
  lt,
  or,
  type Predicate,
  type TableSource,
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import {
  PERIOD_CHECKS,
  type Period,
  type PeriodOptions,
  type PeriodText,
  periodOf,
  periodText,
} from '../reading/period.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { readRunFacts } from './read-run-facts.ts'
import type { RunFacts } from './run-facts.ts'
import { type RunOutcome, type RunPlace, readRunPage } from './run-page.ts'
import { runsNear } from './runs-near.ts'
import { straddlingRuns } from './straddling-runs.ts'
import { RUN_OUTCOMES } from './words.ts'

export interface ListRunsOptions extends PeriodOptions, RowChoice {
  /** Only runs with one of these outcomes. Default: all. */
  readonly outcomes?: readonly RunOutcome[] | undefined
  /** Only runs of this mode. */
  readonly mode?: string | undefined
  /** Only runs whose id, pipeline, step or error message contains this text, in any letter case. */
  readonly text?: string | undefined
  /** True to list the runs that ran in the period, including those that started before it. Default false: those that started in it. */
  readonly overlapping?: boolean | undefined
  /** Maximum number of runs of a page, 1-1000. Default 50. */
  readonly limit?: number | undefined
  /** The `next` of the previous page. */
  readonly after?: string | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** A page of runs. */
export interface RunList {
  readonly tableFqn: string
  readonly period: PeriodText
  /** The newest first; those without times last. */
  readonly runs: readonly RunFacts[]
  /** The option `after` of the next page; null on the last page. */
  readonly next: string | null
}

const MAX_PAGE = 1000

/**
 * Lists runs, the newest first, in pages that later runs do not shift. Rows that are not chosen are in no figure. Default period: everything.
 * Throws WriterConfigurationError for wrong options.
 */
export async function listRuns(source: TableSource, options: ListRunsOptions = {}): Promise<RunList> {
  assertOptions('listRuns', options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    outcomes: option.list(option.oneOf(RUN_OUTCOMES)),
    mode: option.string,
    text: option.string,
    overlapping: option.flag,
    limit: option.whole({ min: 1, max: MAX_PAGE }),
    after: option.string,
  })
  const { limit = 50, outcomes, overlapping = false } = options
  const after = options.after === undefined ? undefined : placeOfCursor(options.after)
  const hasPeriod = options.days !== undefined || options.from !== undefined || options.to !== undefined
  const period = hasPeriod ? periodOf(options) : { from: null, to: null }
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, period: periodText(period) }
  if (!reading.exists) return { ...about, runs: [], next: null }
  const chosen = await chosenRows(reading, withMode(options))
  const near = and(chosen, await runsNear(reading, { chosen, period, overlapping }))
  const judged = await judgedRows(reading, near)
  const within = overlapping ? await runsIn(reading, near, period) : startsWithin(period)
  const where = and(within, ...(options.text ? [await runsWith(reading, near, options.text)] : []))
  const places = await readRunPage(reading, judged.all, { outcomes, where, after, limit: limit + 1 })
  const page = places.slice(0, limit)
  const runs = await readRunFacts(reading, page, { chosen, judged })
  const last = page.at(-1)
  return {
    ...about,
    runs,
    next: places.length > limit && last ? cursorOf(last) : null,
  }
}

function withMode({ mode, where, ...choice }: ListRunsOptions): RowChoice {
  if (mode === undefined) return { ...choice, where }
  return { ...choice, where: and(eq('run_mode', mode), ...(where ? [where] : [])) }
}

function startsWithin({ from, to }: Period): Predicate {
  return and(...(from ? [gte('started', literal(from))] : []), ...(to ? [lt('started', literal(to))] : []))
}

/** Returns the condition of runs that ran in the period: those that started in it, or reach into it. */
async function runsIn(reading: LogReading, chosen: Predicate, period: Period): Promise<Predicate> {
  const within = startsWithin(period)
  if (period.from === null) return within
  return or(within, await straddlingRuns(reading, chosen, period.from))
}

/** The maximum number of runs that a search finds by their steps; the ones that ran last are kept. */
const MAX_FOUND = 10_000

/** Returns the condition of runs that contain a text. */
async function runsWith(
  { reader, hasColumn, startedAt }: LogReading,
  chosen: Predicate,
  text: string,
): Promise<Predicate> {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const contains = (name: string) => like(name, pattern, { ignoreCase: true })
  const inSteps = ['step_name', 'error_message'].filter(hasColumn).map(contains)
  const rows = await reader.aggregate({
    where: and(chosen, or(...inSteps)),
    groupBy: [{ as: 'run', by: column('run_id') }],
    measures: [{ as: 'last', fn: 'max', of: startedAt }],
    orderBy: [{ column: 'last', descending: true }, { column: 'run' }],
    limit: MAX_FOUND,
  })
  const found = rows.map(({ run }) => String(run))
  return or(contains('run'), contains('pipeline'), ...(found.length > 0 ? [isIn('run', found)] : []))
}

/** A cursor that only this module reads. */
function cursorOf({ startedAt, runId, pipeline }: RunPlace): string {
  return Buffer.from(JSON.stringify([startedAt, runId, pipeline])).toString('base64url')
}

function placeOfCursor(cursor: string): RunPlace {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const [startedAt, runId, pipeline] = Array.isArray(parsed) ? (parsed as unknown[]) : []
    const isTime = startedAt === null || (typeof startedAt === 'string' && !Number.isNaN(Date.parse(startedAt)))
    if (isTime && typeof runId === 'string' && typeof pipeline === 'string') return { startedAt, runId, pipeline }
  } catch {
    // Text that is not a cursor is refused below.
  }
  throw new WriterConfigurationError('listRuns: after must be the `next` of another page', {
    context: { after: cursor },
  })
}
