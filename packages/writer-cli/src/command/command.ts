import type { CommandContext } from './context.ts'
import type { OptionSpecs, OptionValues } from './option.ts'

/** One command: its arguments and options, its help, and its action. Its name and summary are in the registry. */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** The arguments in order. `<name>` is required, `[name]` is optional, `...` takes all that follow. */
  readonly args?: readonly CommandArgument[] | undefined
  /** The options of this command. The options that all commands on a table share are added unless `table` is false. */
  readonly options: Specs
  /** True if the command works on the log table and therefore takes --path, --storage, --table and so on. Default: true. */
  readonly table?: boolean | undefined
  /** True if everything from the first argument on belongs to another command, so that its options are not options of this one. Default: false. */
  readonly passThrough?: boolean | undefined
  /** True if the command runs until it is interrupted, and therefore shows no progress. Default: false. */
  readonly isContinuous?: boolean | undefined
  /** The description in the help of the command. Default: the summary. */
  readonly description?: string | undefined
  readonly examples: readonly CommandExample[]
  /** Runs the command. Resolves with the exit code, or undefined for 0. An error that it throws is printed, and the exit code is 1 or 2. */
  run(context: CommandContext<OptionValues<Specs>>): Promise<number | undefined>
}

export interface CommandArgument {
  readonly name: string
  readonly description: string
}

export interface CommandExample {
  /** The command line after `forge-writer`. */
  readonly command: string
  readonly does: string
}

/** Returns the command unchanged, with the types of its options inferred. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command<Specs> {
  return command
}
