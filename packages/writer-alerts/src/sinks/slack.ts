import { post } from './post.ts'
import type { AlertSink } from './sink.ts'
import { linesOf, subjectOf } from './wording.ts'

export interface SlackOptions {
  /** Address of an incoming webhook: a secret. */
  readonly url: string
  readonly fetch?: typeof globalThis.fetch
}

/** Slack takes no longer text in a section. */
const MOST_TEXT = 2900

/** A message to a Slack channel by its incoming webhook. */
export function slackSink({ url, fetch }: SlackOptions): AlertSink {
  return {
    name: 'slack',
    async send(alerts, { signal }) {
      const subject = subjectOf(alerts)
      const text = linesOf(alerts).join('\n').slice(0, MOST_TEXT)
      const blocks = [
        { type: 'section', text: { type: 'mrkdwn', text: `*${escaped(subject)}*\n${escaped(text)}` } },
        { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(contextOf(alerts)) }] },
      ]
      await post({ url, body: JSON.stringify({ text: escaped(subject), blocks }), signal, ...(fetch && { fetch }) })
    },
  }
}

function contextOf(alerts: readonly { readonly tableFqn: string; readonly occurredAt: string }[]): string {
  const tables = [...new Set(alerts.map(({ tableFqn }) => tableFqn))].join(', ')
  return `${tables} · ${alerts.at(-1)?.occurredAt ?? ''}`
}

/** Text of a log must not call channels or make links. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
