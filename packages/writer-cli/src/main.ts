import { CommanderError, type OutputConfiguration, Command as Program } from 'commander'
import { EXIT, interruptedExit } from './command/exit-code.ts'
import { UsageError } from './command/usage-error.ts'
import { COMMANDS, type RegisteredCommand } from './commands/registry.ts'
import type { Host } from './host.ts'
import { printError } from './output/error.ts'
import { coloured, plain, wantsColour } from './output/style.ts'
import { NAME, VERSION } from './version.ts'

/** Runs a command line, without the leading node and script, and resolves with the exit code. Never throws and never exits. */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  try {
    let exitCode: number = EXIT.ok
    const onEnd = (code: number) => {
      exitCode = code
    }
    const program = createProgram(host)
    await addCommands(program, { called: findCommand(argv), host, onEnd })
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (host.signal.aborted) return interruptedExit(host.signal)
    const colour = !argv.includes('--no-color')
    const painted = wantsColour({ colour, env: host.env, isTerminal: host.stderr.isTTY === true })
    printError(error, { stderr: host.stderr, style: painted ? coloured : plain, debug: Boolean(host.env.DEBUG) })
    return isUsage(error) ? EXIT.usage : EXIT.failure
  }
}

/** Returns whether the command line or a setting is wrong, so that nothing was attempted. Works without loading core. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error as { readonly code?: unknown } | undefined)?.code === 'CONFIGURATION'
}

function createProgram(host: Host): Program {
  const output: OutputConfiguration = {
    writeOut: (text) => host.stdout.write(text),
    writeErr: (text) => host.stderr.write(text),
    getOutHelpWidth: () => (host.stdout.isTTY ? (host.stdout.columns ?? 80) : 100),
    getErrHelpWidth: () => (host.stderr.isTTY ? (host.stderr.columns ?? 80) : 100),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  }
  return new Program(NAME)
    .description('The flight recorder of data pipelines: records runs and answers questions.')
    .version(VERSION, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .configureOutput(output)
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', HELP_AFTER)
}

/** Adds all commands with their summaries, and the called command with its arguments and options. */
async function addCommands(
  program: Program,
  {
    called,
    host,
    onEnd,
  }: {
    readonly called: RegisteredCommand | undefined
    readonly host: Host
    readonly onEnd: (exitCode: number) => void
  },
): Promise<void> {
  for (const each of COMMANDS) {
    const command = groupOf(program, each).command(lastWord(each.name)).description(each.summary)
    if (each !== called) continue
    const [definition, { addCommand }] = await Promise.all([each.load(), import('./run-command.ts')])
    addCommand(command, definition, host, onEnd)
  }
}

const HELP_AFTER = `
Start here:
  ${NAME} ingest target/run_results.json    record a dbt run in logs.duckdb
  ${NAME} show                              print its steps, newest first
  ${NAME} <command> --help                  print the options and examples of a command

Exit codes: 0 success, 1 failure, 2 usage error, 3 a check failed,
130 interrupted by Ctrl-C, 143 by SIGTERM.
Settings: ${NAME} config --help`

/** Returns the command that the command line starts with, also after `help`. The longer name wins. */
function findCommand(argv: readonly string[]): RegisteredCommand | undefined {
  const words = argv[0] === 'help' ? argv.slice(1) : argv
  const isCalled = ({ name }: RegisteredCommand) => name.split(' ').every((word, at) => words[at] === word)
  return COMMANDS.filter(isCalled).sort((a, b) => b.name.length - a.name.length)[0]
}

/** Descriptions of the groups of commands. */
const GROUPS: Readonly<Record<string, string>> = {
  alerts: 'List, test and send alerts',
  delta: 'Inspect Delta tables',
  quarantine: 'List and release quarantined rows',
  run: 'Show or follow one run',
}

function groupOf(program: Program, { name }: RegisteredCommand): Program {
  const [group, word] = name.split(' ')
  if (group === undefined || word === undefined) return program
  const existing = program.commands.find((each) => each.name() === group)
  return existing ?? program.command(group).description(GROUPS[group] ?? '')
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}
