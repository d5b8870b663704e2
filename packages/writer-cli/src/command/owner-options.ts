import { list, type OptionValues, text } from './option.ts'

/** Options of every command that selects rows by their owner and tags. */
export const OWNER_OPTIONS = {
  owner: text('Only rows with this `owner` in their metadata or in the metadata of their pipeline', { value: 'name' }),
  tag: list('Only rows with all of these `tags` in their metadata or in the metadata of their pipeline'),
}

/** Returns the options for the functions of analytics. */
export function choiceOf({ owner, tag }: OptionValues<typeof OWNER_OPTIONS>) {
  return { owner, tags: tag }
}
