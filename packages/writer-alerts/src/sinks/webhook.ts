import { createHmac, timingSafeEqual } from 'node:crypto'
import { assertOptions, option } from '@forge/writer-core/storage'
import { post } from './post.ts'
import type { AlertSink } from './sink.ts'

export interface WebhookOptions {
  readonly url: string
  /** The key of the signature. Default: messages are not signed. */
  readonly secret?: string | undefined
  readonly now?: (() => Date) | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** The header of the signature: `t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<seconds>.<body>`. */
export const SIGNATURE_HEADER = 'x-forge-signature'

/** The header of the key of a message, which is the same for each attempt. */
const KEY_HEADER = 'idempotency-key'

/** Creates a sink that posts `{ version: 1, alerts: [...] }` as JSON, signed if there is a secret. */
export function webhookSink(options: WebhookOptions): AlertSink {
  assertOptions('webhookSink', options, {
    url: option.required(option.text),
    secret: option.text,
    now: option.clock,
    fetch: option.action,
  })
  const { url, secret, now = () => new Date(), fetch } = options
  return {
    name: 'webhook',
    async send(alerts, { signal, key }) {
      const body = JSON.stringify({ version: 1, alerts })
      const headers = {
        ...(secret !== undefined && { [SIGNATURE_HEADER]: sign(body, secret, now()) }),
        ...(key !== undefined && { [KEY_HEADER]: key }),
      }
      await post({ url, body, headers, signal, fetch })
    },
  }
}

function sign(body: string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000)
  return `t=${seconds},v1=${macOf(`${seconds}.${body}`, secret)}`
}

/**
 * Returns whether a received body was signed with the secret at most `toleranceMs` ago (default 300000), for receivers of alerts. Whatever the body
 * and the header are, it does not throw; it throws WriterConfigurationError for wrong options.
 */
export function verifySignature(
  body: string,
  header: string,
  options: {
    readonly secret: string
    readonly now?: (() => Date) | undefined
    readonly toleranceMs?: number | undefined
  },
): boolean {
  assertOptions('verifySignature', options, {
    secret: option.required(option.text),
    now: option.clock,
    toleranceMs: option.number({ min: 0 }),
  })
  const { secret, now = () => new Date(), toleranceMs = 300_000 } = options
  const [, seconds, given] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? []
  if (seconds === undefined || given === undefined) return false
  if (Math.abs(now().getTime() - Number(seconds) * 1000) > toleranceMs) return false
  const expected = macOf(`${seconds}.${body}`, secret)
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

function macOf(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}
