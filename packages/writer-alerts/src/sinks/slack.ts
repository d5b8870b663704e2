import { assertOptions, option } from '@forge/writer-core/storage'
import { post } from './post.ts'
import type { AlertSink } from './sink.ts'
import { slackContent } from './slack-text.ts'

export interface SlackOptions {
  /** The address of an incoming webhook: a secret. */
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Creates a sink that sends messages to a Slack channel by its incoming webhook. */
export function slackSink(options: SlackOptions): AlertSink {
  assertOptions('slackSink', options, { url: option.required(option.text), fetch: option.action })
  const { url, fetch } = options
  return {
    name: 'slack',
    async send(alerts, { signal }) {
      await post({ url, body: JSON.stringify(slackContent(alerts)), signal, fetch })
    },
  }
}
