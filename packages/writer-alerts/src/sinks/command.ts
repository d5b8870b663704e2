import { spawn } from 'node:child_process'
import { type AlertSink, SinkError } from './sink.ts'
import { subjectOf } from './wording.ts'

export interface CommandOptions {
  /** A program and its arguments, parted by blanks; no shell reads it. */
  readonly command: string
}

/** Runs a program with `{ version: 1, alerts: [...] }` on its standard input and the subject in FORGE_ALERT_SUBJECT. Exit code 0 is success. */
export function commandSink({ command }: CommandOptions): AlertSink {
  const [program = '', ...args] = command.split(/\s+/).filter(Boolean)
  return {
    name: 'command',
    send: (alerts, { signal }) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, {
          stdio: ['pipe', 'ignore', 'ignore'],
          env: { ...process.env, FORGE_ALERT_SUBJECT: subjectOf(alerts) },
          signal,
        })
        // A program that does not read its input is none that failed.
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
