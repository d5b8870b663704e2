import { InvalidArgumentError, Option, type Command as Program } from 'commander'
import type { Command } from './command/command.ts'
import { EXIT, interruptedExit } from './command/exit-code.ts'
import type { OptionSpec, OptionSpecs } from './command/option.ts'
import { createSession } from './command/session.ts'
import { COMMON_OPTIONS, type CommonOptions, TABLE_OPTIONS, type TableOptionValues } from './command/table-options.ts'
import { UsageError } from './command/usage-error.ts'
import type { Host } from './host.ts'
import { followLockWaits } from './output/lock-waits.ts'
import { createOutput } from './output/output.ts'
import { showStillWorking } from './output/slow-work.ts'
import { NAME } from './version.ts'

/** Adds the arguments, options, examples and action of a command to the program. */
export function addCommand(program: Program, command: Command, host: Host, onEnd: (exitCode: number) => void): void {
  for (const each of command.args ?? []) program.argument(each.name, each.description)
  addOptions(program, command.options)
  if (command.table !== false) addOptions(program, TABLE_OPTIONS)
  if (command.passThrough) program.passThroughOptions()
  else addOptions(program, COMMON_OPTIONS)
  program.addOption(new Option('--no-color', 'Disable colours'))
  if (command.description) program.description(command.description)
  program.addHelpText('after', examplesText(command))
  program.action(async (...given: unknown[]) => {
    const values = withSilentDefaults(
      command,
      program.opts<CommonOptions & TableOptionValues & { readonly color: boolean }>(),
    )
    const args = given.slice(0, -2).flatMap((each) => (each === undefined ? [] : (each as string | string[])))
    onEnd(await runCommand(command, { values, args, host }))
  })
}

interface Invocation {
  readonly values: CommonOptions &
    TableOptionValues & { readonly color: boolean; readonly timeZone?: string | undefined }
  readonly args: readonly string[]
  readonly host: Host
}

async function runCommand(command: Command, { values, args, host }: Invocation): Promise<number> {
  const output = createOutput({ ...host, timeZone: values.timeZone, json: values.json, colour: values.color })
  const settle = async (path: string) => {
    const { settleFirst } = await import('./record/settle-first.ts')
    await settleFirst(path, { values, host, output })
  }
  const session = createSession({ values, host, output, settle })
  const endShowing = command.isContinuous ? () => undefined : showStillWorking(output, followLockWaits())
  host.watchSignals?.()
  try {
    const code = await command.run({ options: values, args, output, host, signal: host.signal, ...session.context })
    if (host.signal.aborted) return interruptedExit(host.signal)
    // A result that is known to lack rows must not look complete.
    return code || (session.lacksRows ? EXIT.breach : EXIT.ok)
  } finally {
    await session.close()
    endShowing()
  }
}

// Defaults of switches and empty lists are applied only here; otherwise the help would print `(default: false)` for each of them.
function withSilentDefaults<Values extends object>(command: Command, values: Values): Values {
  const specs = Object.entries({ ...command.options, ...COMMON_OPTIONS })
  const off = specs.flatMap(([key, spec]) => (hasSilentDefault(spec) ? [[key, spec.default]] : []))
  return { ...Object.fromEntries(off), ...values }
}

function addOptions(program: Program, specs: OptionSpecs): void {
  for (const [key, spec] of Object.entries(specs)) {
    program.addOption(toOption(key, spec))
    if (spec.isNegatable) program.addOption(new Option(`--no-${longName(key)}`, `Turn off --${longName(key)}`))
  }
}

function toOption(key: string, spec: OptionSpec<unknown>): Option {
  const long = `--${longName(key)}`
  const value = spec.value === undefined ? '' : ` <${spec.value}>`
  const option = new Option(`${spec.short ? `-${spec.short}, ` : ''}${long}${value}`, describe(spec))
  const { parse } = spec
  if (spec.default !== undefined && !hasSilentDefault(spec)) option.default(spec.default)
  if (parse === undefined) return option
  // Commander passes the default as `previous` of the first occurrence; a given list replaces the default.
  return option.argParser((given: string, previous: unknown) => {
    try {
      return parse(given, previous === spec.default ? undefined : previous)
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message)
      throw error
    }
  })
}

function longName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function describe({ description, choices, repeatable, value }: OptionSpec<unknown>): string {
  const words = choices ? ` (${choices.join(', ')})` : ''
  return `${description}${words}${repeatable && value === 'text' ? ' (repeatable)' : ''}`
}

function hasSilentDefault(spec: OptionSpec<unknown>): boolean {
  return spec.value === undefined || (Array.isArray(spec.default) && spec.default.length === 0)
}

function examplesText({ examples }: Command): string {
  const width = Math.max(...examples.map(({ command }) => command.length))
  const lines = examples.map(({ command, does }) => `  ${NAME} ${command.padEnd(width)}  ${does}`)
  return `\nExamples:\n${lines.join('\n')}`
}
