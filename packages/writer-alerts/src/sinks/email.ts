import { createTransport } from 'nodemailer'
import { type AlertSink, SinkError } from './sink.ts'
import { linesOf, subjectOf } from './wording.ts'

export interface EmailOptions {
  /** One address, or several parted by commas. */
  readonly to: string
  /** Address of the server, with user and password: `smtps://user:password@smtp.example.org`. */
  readonly server: string
  /** Default: `forge-writer@` and the server's name. */
  readonly from?: string
}

/** A plain message by SMTP. */
export function emailSink({ to, server, from = `forge-writer@${new URL(server).hostname}` }: EmailOptions): AlertSink {
  return {
    name: 'email',
    async send(alerts, { signal }) {
      const transport = createTransport(server)
      const stop = () => transport.close()
      signal.addEventListener('abort', stop, { once: true })
      try {
        const text = [
          ...linesOf(alerts),
          '',
          ...alerts.slice(0, 1).map(({ tableFqn, occurredAt }) => `${tableFqn}, ${occurredAt}`),
        ]
        await raced(
          transport.sendMail({ from, to, subject: oneLine(subjectOf(alerts)), text: text.join('\n') }),
          signal,
        )
      } catch (error) {
        throw new SinkError(reasonOf(error), { retryable: !isPermanent(error) })
      } finally {
        signal.removeEventListener('abort', stop)
        transport.close()
      }
    },
  }
}

async function raced(sending: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true })
  })
  await Promise.race([sending, aborted])
}

/** A line break in a subject would begin another header. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').slice(0, 200)
}

/** Codes and statuses only: the server's words may quote the message. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  if (typeof responseCode === 'number') return `answered ${responseCode}`
  return typeof code === 'string' ? `failed with ${code}` : 'did not answer in time'
}

function isPermanent(error: unknown): boolean {
  const { responseCode } = error as { responseCode?: unknown }
  return typeof responseCode === 'number' && responseCode >= 500
}
