import type { Alert } from '../alert.ts'
import { fitText, oneLine } from './fit-text.ts'
import { linesOf, subjectOf } from './wording.ts'

/** The content of a Slack message. */
export interface SlackContent {
  /** The text for notifications, and for clients that show no blocks. */
  readonly text: string
  readonly blocks: readonly object[]
}

/** The maximum length of the text of a section; Slack refuses longer ones. */
const MAX_SECTION = 3000
const MAX_SUBJECT = 600
const MAX_CONTEXT = 1000

/** Returns the content of a message, each block within the limits of Slack after its characters are escaped. */
export function slackContent(alerts: readonly Alert[]): SlackContent {
  const cost = { escapeCharacter }
  const subject = fitText(oneLine(subjectOf(alerts)), MAX_SUBJECT, cost)
  const body = fitText(linesOf(alerts).join('\n'), MAX_SECTION - subject.length - 3, cost)
  const link = linkOf(alerts)
  const context = fitText(oneLine(contextOf(alerts)), MAX_CONTEXT, cost)
  return {
    text: subject,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${subject}*\n${body}` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: link === undefined ? context : `${link} · ${context}` }] },
    ],
  }
}

function contextOf(alerts: readonly Alert[]): string {
  const tables = [...new Set(alerts.map(({ tableFqn }) => tableFqn))].join(', ')
  return `${tables} · ${alerts.at(-1)?.occurredAt ?? ''}`
}

const MAX_LINK = 1500

function linkOf([first, ...others]: readonly Alert[]): string | undefined {
  const link = first?.link
  if (link === undefined || others.length > 0) return undefined
  const text = [...link].map(escapeCharacter).join('').replaceAll('|', '%7C')
  return text.length > MAX_LINK ? undefined : `<${text}|open the run>`
}

/** Escapes a character: text of a log must not notify channels or create links. */
function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? character
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
