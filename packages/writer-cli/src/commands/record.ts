import { recordCommand } from '@forge/writer-record/command'
import { defineCommand } from '../command/command.ts'
import { TABLE_OPTIONS } from '../command/table-options.ts'
import { RECORD_OPTIONS, requestOf } from '../record/record-options.ts'
import { recordContext } from '../record/record-store.ts'
import { NAME } from '../version.ts'

export const record = defineCommand({
  description: `Run a command and record it: when it started and ended, how it ended, and what it used.

The command starts before anything of the log is opened. Its exit code, signals, terminal, standard input and output are \
passed through, whatever happens to the recording. If the log cannot be written, the run waits in the folder PATH.spool, \
and the next command on this log stores it. A run whose machine or processes die is recorded as lost.

Exits as the command does: with its exit code, or killed by the same signal; 124 after a timeout, 126 if the command is not \
executable, 127 if it does not exist, 75 if --if-running fail applies.

Commands that are recorded while a recorded command runs become steps of its run. A command can append figures to the file \
$FORGE_METRICS, one per line: rows_written=123, or a JSON object.`,
  args: [{ name: '<command...>', description: 'The command and its arguments, after --' }],
  options: { ...RECORD_OPTIONS, ...TABLE_OPTIONS },
  table: false,
  passThrough: true,
  examples: [
    { command: 'record -- python3 load.py', does: 'record a script as pipeline load' },
    { command: 'record --pipeline nightly --timeout 2h --retries 2 -- make nightly', does: 'limit and retry it' },
    { command: 'record --collect dbt -- dbt build', does: 'record a run of dbt with its models and tests as steps' },
    { command: 'record --quiet-on-success --if-running skip -- ./sync.sh', does: 'run from cron' },
  ],
  async run({ options, args, host }) {
    const say = (message: string) => void host.stderr.write(`${NAME}: ${message}\n`)
    const { cwd, env } = host
    const context = recordContext(options, { command: args, cwd, env, say })
    return (await recordCommand(requestOf(options, args), context)).exitCode
  },
})
