import { type OptionValues, text } from './option.ts'
import { choiceOf, OWNER_OPTIONS } from './owner-options.ts'

/** Options of every command about one run: they limit the runs among which it is searched. */
export const RUN_CHOICE = {
  pipeline: text('Look only for runs of this pipeline, or of those that match this glob', { value: 'glob' }),
  ...OWNER_OPTIONS,
}

/** Returns the options for `findRun` of analytics. */
export function runChoiceOf({ pipeline, ...others }: OptionValues<typeof RUN_CHOICE>) {
  return { pipeline, ...choiceOf(others) }
}
