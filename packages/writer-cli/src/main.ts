import { CommanderError, type OutputConfiguration, Command as Program } from 'commander'
import { EXIT } from './command/exit-code.ts'
import { UsageError } from './command/usage-error.ts'
import { COMMANDS, type RegisteredCommand } from './commands/registry.ts'
import type { Host } from './host.ts'
import { printError } from './output/error.ts'
import { coloured, plain, wantsColour } from './output/style.ts'
import { NAME, VERSION } from './version.ts'

/** Runs one command line, without the node and script in front, and resolves with the exit code. Never throws, never exits. */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  try {
    let exitCode: number = EXIT.ok
    const ended = (code: number) => {
      exitCode = code
    }
    const program = createProgram(host)
    await addCommands(program, { called: findCommand(argv), host, ended })
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (host.signal.aborted) return EXIT.interrupted
    const colour = !argv.includes('--no-color')
    const painted = wantsColour({ colour, env: host.env, isTerminal: host.stderr.isTTY === true })
    printError(error, { stderr: host.stderr, style: painted ? coloured : plain, debug: Boolean(host.env.DEBUG) })
    return isUsage(error) ? EXIT.usage : EXIT.failure
  }
}

/** What was typed or configured is wrong; nothing was tried. Core is not loaded for this question. */
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
    .description('The flight recorder of data pipelines: records runs, and answers questions about them.')
    .version(VERSION, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .configureOutput(output)
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('after', HELP_AFTER)
}

/** All commands with their summaries; the one that is called with all that it takes. */
async function addCommands(
  program: Program,
  {
    called,
    host,
    ended,
  }: {
    readonly called: RegisteredCommand | undefined
    readonly host: Host
    readonly ended: (exitCode: number) => void
  },
): Promise<void> {
  for (const each of COMMANDS) {
    const command = groupOf(program, each).command(lastWord(each.name)).description(each.summary)
    if (each !== called) continue
    const [definition, { addCommand }] = await Promise.all([each.load(), import('./command/run-command.ts')])
    addCommand(command, definition, host, ended)
  }
}

const HELP_AFTER = `
Start here:
  ${NAME} ingest target/run_results.json    record a dbt run into logs.duckdb
  ${NAME} show                              its steps, newest first
  ${NAME} <command> --help                  options and examples of a command

Exit codes: 0 ok, 1 failure, 2 usage, 3 a check did not hold, 130 interrupted.
Docs of settings: ${NAME} config --help`

/** The command whose words the command line starts with, also behind `help`; the longer name wins. */
function findCommand(argv: readonly string[]): RegisteredCommand | undefined {
  const words = argv[0] === 'help' ? argv.slice(1) : argv
  const isCalled = ({ name }: RegisteredCommand) => name.split(' ').every((word, at) => words[at] === word)
  return COMMANDS.filter(isCalled).sort((a, b) => b.name.length - a.name.length)[0]
}

function groupOf(program: Program, { name }: RegisteredCommand): Program {
  const [group, word] = name.split(' ')
  if (group === undefined || word === undefined) return program
  const existing = program.commands.find((each) => each.name() === group)
  return existing ?? program.command(group).description(`Commands on ${group}`)
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}
