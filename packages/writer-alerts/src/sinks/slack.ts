import { post } from './post.ts'
import type { AlertSink } from './sink.ts'
import { slackContent } from './slack-text.ts'

export interface SlackOptions {
  /** The address of an incoming webhook: a secret. */
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Creates a sink that sends messages to a Slack channel by its incoming webhook. */
export function slackSink({ url, fetch }: SlackOptions): AlertSink {
  return {
    name: 'slack',
    async send(alerts, { signal }) {
      await post({ url, body: JSON.stringify(slackContent(alerts)), signal, fetch })
    },
  }
}
