import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert } from '../alert.ts'
import { fitText, oneLine, type TextCost } from './fit-text.ts'
import { post } from './post.ts'
import type { AlertSink } from './sink.ts'
import { linesOf, subjectOf } from './wording.ts'

export interface TeamsOptions {
  /** The address of a workflow that starts when a webhook request is received: a secret. */
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** The maximum lengths of texts, in bytes of JSON: Teams refuses messages over 28 kB, and the rest of the card needs room, too. */
const MAX_TITLE = 1000
const MAX_TEXT = 18_000
const MAX_FACT = 400
const MAX_LINK = 2000

/** Creates a sink that sends an Adaptive Card to a channel or chat of Microsoft Teams, by the webhook of a workflow. */
export function teamsSink(options: TeamsOptions): AlertSink {
  assertOptions('teamsSink', options, { url: option.required(option.text), fetch: option.action })
  const { url, fetch } = options
  return {
    name: 'teams',
    async send(alerts, { signal }) {
      const attachment = {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: cardOf(alerts),
      }
      await post({ url, body: JSON.stringify({ type: 'message', attachments: [attachment] }), signal, fetch })
    },
  }
}

function cardOf(alerts: readonly Alert[]): object {
  const title = fitText(oneLine(subjectOf(alerts)), MAX_TITLE, COST)
  // Two line breaks make a new line.
  const text = fitText(linesOf(alerts).join('\n\n'), MAX_TEXT, COST)
  const [first, ...others] = alerts
  const link = others.length === 0 ? first?.link : undefined
  const hasLink = link !== undefined && link.length <= MAX_LINK
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: title, weight: 'Bolder', size: 'Medium', wrap: true, color: colourOf(alerts) },
      { type: 'TextBlock', text, wrap: true },
      { type: 'FactSet', facts: factsOf(alerts) },
    ],
    ...(hasLink && { actions: [{ type: 'Action.OpenUrl', title: 'Open the run', url: link }] }),
  }
}

function factsOf(alerts: readonly Alert[]): object[] {
  const tables = [...new Set(alerts.map(({ tableFqn }) => tableFqn))].join(', ')
  const facts = [
    ['table', tables],
    ['time', alerts.at(-1)?.occurredAt ?? ''],
  ]
  return facts.map(([title, value = '']) => ({ title, value: fitText(oneLine(value), MAX_FACT, COST) }))
}

function colourOf(alerts: readonly Alert[]): string {
  if (alerts.every(({ kind }) => kind === 'recovered')) return 'Good'
  return alerts.some(({ severity }) => severity === 'error' || severity === 'critical') ? 'Attention' : 'Warning'
}

/** The escapes of Markdown: text of a log must not create links or lists. */
const COST: TextCost = {
  escapeCharacter: (character) => (/[\\`*_[\]()#<>~|]/.test(character) ? `\\${character}` : character),
  size: (text) => Buffer.byteLength(JSON.stringify(text)) - 2,
}
