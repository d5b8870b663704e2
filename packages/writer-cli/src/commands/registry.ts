import type { Command } from '../command/command.ts'

/** A command as the help lists it. Its file is loaded when it is called, so that the help loads neither zod nor an engine. */
export interface RegisteredCommand {
  /** One word, or two for a command of a group: `delta inspect`. */
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help: a new one is a file beside this one, and a line here. */
export const COMMANDS: readonly RegisteredCommand[] = [
  command('show', 'Print the newest rows of the log', async () => (await import('./show.ts')).show),
  command('info', 'Describe the log table', async () => (await import('./info.ts')).info),
]

function command(name: string, summary: string, load: () => Promise<Command>): RegisteredCommand {
  return { name, summary, load }
}
