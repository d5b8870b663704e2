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
  command(
    'ingest',
    'Record runs from files of other tools, or log rows',
    async () => (await import('./ingest.ts')).ingest,
  ),
  command('show', 'Print the newest rows of the log', async () => (await import('./show.ts')).show),
  command('query', 'Pick rows of the log by conditions, in any order', async () => (await import('./query.ts')).query),
  command(
    'summary',
    'Print what ran: runs, steps, rows, durations',
    async () => (await import('./summary.ts')).summary,
  ),
  command('check', 'Judge the log by rules of quality', async () => (await import('./check.ts')).check),
  command('profile', 'Describe the values of each column', async () => (await import('./profile.ts')).profile),
  command('suggest', 'Suggest rules from the history', async () => (await import('./suggest.ts')).suggest),
  command(
    'quarantine list',
    'List rows that a gate held back',
    async () => (await import('./quarantine-list.ts')).quarantineList,
  ),
  command(
    'quarantine release',
    'Write rows of the quarantine into the log',
    async () => (await import('./quarantine-release.ts')).quarantineRelease,
  ),
  command('anomalies', 'Find what is out of the ordinary', async () => (await import('./anomalies.ts')).anomalies),
  command('backtest', 'Replay the log, and count the alerts', async () => (await import('./backtest.ts')).backtest),
  command('feedback', 'Say what a finding was', async () => (await import('./feedback.ts')).feedback),
  command('trends', 'Follow durations and success over time', async () => (await import('./trends.ts')).trends),
  command('compare', 'Compare two runs step by step', async () => (await import('./compare.ts')).compare),
  command('sla', 'Judge runs by their service levels', async () => (await import('./sla.ts')).sla),
  command('watch', 'Follow what is recorded, as it comes', async () => (await import('./watch.ts')).watch),
  command('evaluate', 'Look once at the log, and alert', async () => (await import('./evaluate.ts')).evaluate),
  command(
    'alerts list',
    'List the alerts that wait, and why',
    async () => (await import('./alerts-list.ts')).alertsList,
  ),
  command('alerts test', 'Send a test alert to each sink', async () => (await import('./alerts-test.ts')).alertsTest),
  command(
    'alerts flush',
    'Send the alerts that wait, at once',
    async () => (await import('./alerts-flush.ts')).alertsFlush,
  ),
  command('info', 'Describe the log table', async () => (await import('./info.ts')).info),
  command('history', 'List the versions of the log table', async () => (await import('./history.ts')).history),
  command('export', 'Write rows of the log to a file', async () => (await import('./export.ts')).exportCommand),
  command('prune', 'Delete rows that are kept long enough', async () => (await import('./prune.ts')).prune),
  command('erase', 'Erase the rows of a subject, with proof', async () => (await import('./erase.ts')).erase),
  command('optimize', 'Compact and lay out the log table', async () => (await import('./optimize.ts')).optimize),
  command('maintain', 'Keep the log table in order', async () => (await import('./maintain.ts')).maintain),
  command('convert', 'Copy the log into another storage', async () => (await import('./convert.ts')).convert),
  command('doctor', 'Look for damage and loss in the storage', async () => (await import('./doctor.ts')).doctor),
  command('delta inspect', 'Describe any Delta table', async () => (await import('./delta-inspect.ts')).deltaInspect),
  command('config', 'Print each setting and its origin', async () => (await import('./config.ts')).config),
]

function command(name: string, summary: string, load: () => Promise<Command>): RegisteredCommand {
  return { name, summary, load }
}
