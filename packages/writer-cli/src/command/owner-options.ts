import type { TableSource } from '@forge/writer-core'
import { assertKnownNames, isGlob } from './known-names.ts'
import { integer, list, type OptionValues, text } from './option.ts'

/** Options of every command that selects rows by their owner and tags. */
export const OWNER_OPTIONS = {
  owner: text('Only rows with this `owner` in their metadata or in the metadata of their pipeline', { value: 'name' }),
  tag: list('Only rows with all of these `tags` in their metadata or in the metadata of their pipeline'),
}

/** Options of every command that looks only at the rows of some pipelines. */
export const PIPELINE_OPTIONS = {
  pipeline: text('Only this pipeline, or those that match this glob', { value: 'glob' }),
  ...OWNER_OPTIONS,
}

/** The option of every command that lists the state of pipelines. */
export const PIPELINE_LIMIT = {
  limit: integer('Maximum number of pipelines; the ones that ran last are shown', {
    short: 'n',
    min: 1,
    max: 1000,
    default: 100,
  }),
}

/** Options of every command about one run: they limit the runs among which it is searched. */
export const RUN_CHOICE = {
  pipeline: text('Look only for runs of this pipeline, or of those that match this glob', { value: 'glob' }),
  ...OWNER_OPTIONS,
}

/** The values of the options of pipelines that a command has. */
export type Chosen = OptionValues<typeof OWNER_OPTIONS> & { readonly pipeline?: string | undefined }

/** Returns the options for the functions of analytics. */
export function choiceOf({ pipeline, owner, tag }: Chosen) {
  return { pipeline, owner, tags: tag }
}

/**
 * Limits a source to the chosen rows, for functions that cannot choose rows themselves. Throws WriterConfigurationError for a pipeline that the log does not
 * have.
 */
export async function limitedSource(source: TableSource, options: Chosen): Promise<TableSource> {
  if (options.pipeline === undefined && options.owner === undefined && options.tag === undefined) return source
  await knownSource(source, options)
  const { limitSource } = await import('@forge/writer-analytics')
  return limitSource(source, choiceOf(options))
}

/** Returns the source. Throws WriterConfigurationError for a pipeline that the log does not have. */
export async function knownSource(source: TableSource, { pipeline }: Chosen): Promise<TableSource> {
  if (pipeline !== undefined && !isGlob(pipeline)) await assertKnownNames(source, { pipeline })
  return source
}
