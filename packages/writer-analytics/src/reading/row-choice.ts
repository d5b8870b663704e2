import {
  and,
  column,
  eq,
  isIn,
  isNotNull,
  isNull,
  jsonField,
  like,
  or,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import { assertOptions, type OptionChecks, option, unknownColumns } from '@forge/writer-core/storage'
import { type LogReading, openReading } from './log-reading.ts'
import { fitsPipeline } from './pipeline-pattern.ts'

/** The options that choose rows by what they belong to. */
export interface RowChoice {
  /** Only pipelines with this id, or with an id that matches this glob. */
  readonly pipeline?: string | undefined
  /** Only rows of this owner: the text `owner` of their metadata. */
  readonly owner?: string | undefined
  /** Only rows with all of these tags: the array, or the text, `tags` of their metadata. */
  readonly tags?: readonly string[] | undefined
  /** Only these rows. */
  readonly where?: Predicate | undefined
}

/** The checks of {@link RowChoice}. */
export const CHOICE_CHECKS: OptionChecks<RowChoice> = {
  pipeline: option.string,
  owner: option.string,
  tags: option.list(option.string),
  where: option.object,
}

/**
 * Returns the condition of the chosen rows of the log, for queries. A row without an owner or tags has those of its pipeline, which rows of whole
 * runs of the pipeline name. Throws WriterSchemaError if the table has no metadata to choose by.
 */
export async function chooseRows(source: TableSource, choice: RowChoice): Promise<Predicate> {
  assertOptions('chooseRows', choice, CHOICE_CHECKS)
  return chosenRows(await openReading(source, undefined), choice)
}

/** Returns the pipelines that have chosen rows, at whatever time they ran. Throws WriterSchemaError if the table has no metadata to choose by. */
export async function choosePipelines(source: TableSource, choice: RowChoice): Promise<string[]> {
  assertOptions('choosePipelines', choice, CHOICE_CHECKS)
  const reading = await openReading(source, undefined)
  return pipelinesOf(reading, await chosenRows(reading, choice))
}

/** Returns the pipelines with rows that match a condition, at whatever time they ran. */
export async function pipelinesOf({ reader }: LogReading, where: Predicate): Promise<string[]> {
  const groupBy = [{ as: 'pipeline', by: column('pipeline_id') }]
  const rows = await reader.aggregate({ where, groupBy, measures: [] })
  return rows.flatMap(({ pipeline }) => (typeof pipeline === 'string' ? [pipeline] : []))
}

/** The maximum number of pipelines with the same owner or tag. A log has fewer. */
const MAX_PIPELINES = 10_000

/** Returns the condition of {@link chooseRows} for a reading. */
export async function chosenRows(
  reading: LogReading,
  { pipeline, owner, tags = [], where }: RowChoice,
): Promise<Predicate> {
  const conditions: Predicate[] = []
  if (pipeline !== undefined) conditions.push(fitsPipeline(pipeline))
  if (owner !== undefined)
    conditions.push(await ownOrInherit(reading, 'owner', eq(jsonField('metadata', 'owner'), owner)))
  for (const tag of new Set(tags)) conditions.push(await ownOrInherit(reading, 'tags', hasTag(tag)))
  return and(...conditions, ...(where ? [where] : []))
}

async function ownOrInherit(reading: LogReading, key: 'owner' | 'tags', condition: Predicate): Promise<Predicate> {
  if (!reading.hasColumn('metadata')) throw unknownColumns(['metadata'], reading.columns)
  const rows = await reading.reader.aggregate({
    where: and(eq('phase', 'pipeline'), condition),
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [],
    limit: MAX_PIPELINES,
  })
  const pipelines = rows.flatMap(({ pipeline }) => (typeof pipeline === 'string' ? [pipeline] : []))
  if (pipelines.length === 0) return and(isNotNull(jsonField('metadata', key)), condition)
  return or(
    and(isNotNull(jsonField('metadata', key)), condition),
    and(isNull(jsonField('metadata', key)), isIn('pipeline_id', pipelines)),
  )
}

/** Matches rows whose metadata has the tag, in an array of texts or as the only text. */
function hasTag(tag: string): Predicate {
  const tags = jsonField('metadata', 'tags')
  const text = JSON.stringify(tag).replaceAll(/[\\%_]/g, '\\$&')
  // A quote inside of an element has a backslash before it, so that `[` or `,` before the quote proves that the element starts here.
  const starts = [`[${text}`, `%,${text}`]
  return or(eq(tags, tag), ...starts.flatMap((start) => [like(tags, `${start},%`), like(tags, `${start}]`)]))
}

/** Returns the tags that the text of `metadata.tags` names. */
export function tagsOf(text: string | null): readonly string[] {
  if (text === null || text === '') return []
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return parsed.filter((tag) => typeof tag === 'string')
  } catch {
    // A text that is not JSON is one tag.
  }
  return [text]
}
