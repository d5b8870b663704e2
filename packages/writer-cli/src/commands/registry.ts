import type { Command } from '../command/command.ts'

/** A command as the help lists it. Its file is loaded when it is called, so that the help loads neither zod nor an engine. */
export interface RegisteredCommand {
  /** One word, or two for a command of a group: `delta inspect`. */
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help: a new command is a file next to this one, and a line here. */
export const COMMANDS: readonly RegisteredCommand[] = [
  command(
    'ingest',
    'Record runs from the files of other tools, or log rows',
    async () => (await import('./ingest.ts')).ingest,
  ),
  command('record', 'Run a command and record it', async () => (await import('./record.ts')).record),
  command('show', 'Print the newest rows of the log', async () => (await import('./show.ts')).show),
  command('query', 'Query rows with filters and sorting', async () => (await import('./query.ts')).query),
  command('status', 'Print the state of each pipeline', async () => (await import('./status.ts')).status),
  command('pipelines', 'List pipelines with their last runs', async () => (await import('./pipelines.ts')).pipelines),
  command('runs', 'List runs, the newest first', async () => (await import('./runs.ts')).runs),
  command('run view', 'Show one run', async () => (await import('./run-view.ts')).runView),
  command(
    'run watch',
    'Print the steps of a run as they are recorded',
    async () => (await import('./run-watch.ts')).runWatch,
  ),
  command('why', 'Explain why a run failed', async () => (await import('./why.ts')).why),
  command('summary', 'Summarize runs, steps, rows and durations', async () => (await import('./summary.ts')).summary),
  command('report', 'Write a report as one HTML file', async () => (await import('./report.ts')).report),
  command('serve', 'Serve the report live, with an API', async () => (await import('./serve.ts')).serve),
  command('badge', 'Write a badge with the state of pipelines', async () => (await import('./badge.ts')).badge),
  command('check', 'Check the log against quality rules', async () => (await import('./check.ts')).check),
  command('profile', 'Profile the values of each column', async () => (await import('./profile.ts')).profile),
  command('suggest', 'Suggest quality rules from the history', async () => (await import('./suggest.ts')).suggest),
  command(
    'quarantine list',
    'List the rows in quarantine',
    async () => (await import('./quarantine-list.ts')).quarantineList,
  ),
  command(
    'quarantine release',
    'Write quarantined rows into the log',
    async () => (await import('./quarantine-release.ts')).quarantineRelease,
  ),
  command('anomalies', 'Detect anomalies', async () => (await import('./anomalies.ts')).anomalies),
  command('backtest', 'Replay the log and count alerts', async () => (await import('./backtest.ts')).backtest),
  command('feedback', 'Record feedback on an anomaly', async () => (await import('./feedback.ts')).feedback),
  command('trends', 'Show durations and success over time', async () => (await import('./trends.ts')).trends),
  command('compare', 'Compare two runs step by step', async () => (await import('./compare.ts')).compare),
  command('sla', 'Check runs against service levels', async () => (await import('./sla.ts')).sla),
  command('watch', 'Print rows as they are recorded', async () => (await import('./watch.ts')).watch),
  command('evaluate', 'Check the log once and send alerts', async () => (await import('./evaluate.ts')).evaluate),
  command(
    'alerts list',
    'List unsent alerts and the reasons',
    async () => (await import('./alerts-list.ts')).alertsList,
  ),
  command('alerts test', 'Send a test alert to each sink', async () => (await import('./alerts-test.ts')).alertsTest),
  command('alerts flush', 'Retry all pending alerts now', async () => (await import('./alerts-flush.ts')).alertsFlush),
  command('info', 'Describe the log table', async () => (await import('./info.ts')).info),
  command('history', 'List the versions of the log table', async () => (await import('./history.ts')).history),
  command('export', 'Export rows to a file', async () => (await import('./export.ts')).exportCommand),
  command('prune', 'Delete rows past their retention period', async () => (await import('./prune.ts')).prune),
  command('erase', 'Erase rows and verify that nothing is left', async () => (await import('./erase.ts')).erase),
  command('optimize', 'Compact and cluster the log table', async () => (await import('./optimize.ts')).optimize),
  command('maintain', 'Vacuum, analyze and check the log table', async () => (await import('./maintain.ts')).maintain),
  command('convert', 'Copy the log to another storage', async () => (await import('./convert.ts')).convert),
  command('doctor', 'Check the storage for damage and data loss', async () => (await import('./doctor.ts')).doctor),
  command('delta inspect', 'Describe any Delta table', async () => (await import('./delta-inspect.ts')).deltaInspect),
  command('config', 'Print each setting and its source', async () => (await import('./config.ts')).config),
]

function command(name: string, summary: string, load: () => Promise<Command>): RegisteredCommand {
  return { name, summary, load }
}
