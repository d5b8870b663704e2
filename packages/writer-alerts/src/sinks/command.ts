import { spawn } from 'node:child_process'
import { assertOptions, option } from '@forge/writer-core/storage'
import { fitText } from './fit-text.ts'
import { type AlertSink, SinkError } from './sink.ts'
import { subjectOf } from './wording.ts'

export interface CommandOptions {
  /** The program and its arguments, separated by blanks; no shell reads them. */
  readonly command: string
}

/** The maximum length of the subject, because variables of an environment have a limited length. */
const MAX_SUBJECT = 1000

/**
 * Creates a sink that runs a program with `{ version: 1, alerts: [...] }` on its standard input and the subject in FORGE_ALERT_SUBJECT;
 * FORGE_ALERT_KEY is the same for each attempt. Exit code 0 is success.
 */
export function commandSink(options: CommandOptions): AlertSink {
  assertOptions('commandSink', options, { command: option.required(option.text) })
  const { command } = options
  const [program = '', ...args] = command.split(/\s+/).filter(Boolean)
  return {
    name: 'command',
    send: (alerts, { signal, key }) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, {
          stdio: ['pipe', 'ignore', 'ignore'],
          env: {
            ...process.env,
            // NUL would end the variable, and prevent the program from being started.
            FORGE_ALERT_SUBJECT: fitText(subjectOf(alerts).replaceAll('\0', ' '), MAX_SUBJECT),
            ...(key !== undefined && { FORGE_ALERT_KEY: key }),
          },
          signal,
        })
        // A program that does not read its input has not failed.
        child.stdin.on('error', () => {})
        child.stdin.end(JSON.stringify({ version: 1, alerts }))
        child.on('error', (error: NodeJS.ErrnoException) => {
          const isMissing = error.code === 'ENOENT' || error.code === 'EACCES'
          reject(new SinkError(isMissing ? `cannot run ${program}` : 'did not finish in time', { retryable: true }))
        })
        child.on('exit', (code, killedBy) => {
          if (code === 0) resolve()
          else reject(new SinkError(`ended with ${code ?? killedBy}`, { retryable: true }))
        })
      }),
  }
}
