import { assertOptions, option } from '@forge/writer-core/storage'
import { createTransport } from 'nodemailer'
import { fitText, oneLine } from './fit-text.ts'
import { type AlertSink, SinkError } from './sink.ts'
import { linesOf, subjectOf } from './wording.ts'

export interface EmailOptions {
  /** One address, or several separated by commas. */
  readonly to: string
  /** The address of the server, with user and password: `smtps://user:password@smtp.example.org`. */
  readonly server: string
  /** The sender. Default: `forge-writer@` and the name of the server. */
  readonly from?: string | undefined
}

const MAX_SUBJECT = 200
const MAX_TEXT = 100_000

/** Creates a sink that sends plain messages by SMTP. */
export function emailSink(options: EmailOptions): AlertSink {
  assertOptions('emailSink', options, {
    to: option.required(option.text),
    server: option.required(option.text),
    from: option.text,
  })
  const { to, server, from = `forge-writer@${new URL(server).hostname}` } = options
  return {
    name: 'email',
    async send(alerts, { signal, key }) {
      const transport = createTransport(server)
      const stop = () => transport.close()
      signal.addEventListener('abort', stop, { once: true })
      try {
        const text = [
          ...linesOf(alerts),
          '',
          ...alerts.slice(0, 1).map(({ tableFqn, occurredAt }) => `${tableFqn}, ${occurredAt}`),
          ...(alerts.length === 1 ? alerts.flatMap(({ link }) => link ?? []) : []),
        ]
        const message = {
          from,
          to,
          subject: fitText(oneLine(subjectOf(alerts)), MAX_SUBJECT),
          text: fitText(text.join('\n'), MAX_TEXT),
          // The id is the same for each attempt, so that mail programs show the message once.
          ...(key !== undefined && { messageId: `<${key}@forge-writer.invalid>` }),
        }
        await awaitOrAbort(transport.sendMail(message), signal)
      } catch (error) {
        throw new SinkError(reasonOf(error), { retryable: !isPermanent(error) })
      } finally {
        signal.removeEventListener('abort', stop)
        transport.close()
      }
    },
  }
}

async function awaitOrAbort(sending: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true })
  })
  await Promise.race([sending, aborted])
}

/** Returns only codes and statuses: the words of the server may quote the message. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  if (typeof responseCode === 'number') return `answered ${responseCode}`
  return typeof code === 'string' ? `failed with ${code}` : 'did not answer in time'
}

function isPermanent(error: unknown): boolean {
  const { responseCode } = error as { responseCode?: unknown }
  return typeof responseCode === 'number' && responseCode >= 500
}
