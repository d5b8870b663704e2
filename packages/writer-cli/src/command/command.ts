import type { CommandContext } from './context.ts'
import type { OptionSpecs, OptionValues } from './option.ts'

/** One command: what it takes, how it is used, and what it does. Its name and summary stand in the registry. */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** In order; `<name>` is needed, `[name]` is not, `...` takes all that follow. */
  readonly args?: readonly CommandArgument[]
  /** Its own options; those that all commands on a table share are added where `table` is not false. */
  readonly options: Specs
  /** Whether it works on the log table and so takes --path, --storage, --table and so on. Default true. */
  readonly table?: boolean
  /** Longer than the summary; shown in its help. */
  readonly description?: string
  readonly examples: readonly CommandExample[]
  /** Resolves with the exit code; nothing means 0. What it throws is printed and makes 1 or 2. */
  run(context: CommandContext<OptionValues<Specs>>): Promise<number | undefined>
}

export interface CommandArgument {
  readonly name: string
  readonly description: string
}

export interface CommandExample {
  /** What follows `forge-writer`. */
  readonly command: string
  readonly does: string
}

/** Infers the types of the options; otherwise returns what it is given. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command<Specs> {
  return command
}
