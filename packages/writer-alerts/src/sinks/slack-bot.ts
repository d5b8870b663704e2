import type { Alert } from '../alert.ts'
import { postForAnswer } from './post.ts'
import { type AlertSink, type SendOptions, SinkError } from './sink.ts'
import { type SlackContent, slackContent } from './slack-text.ts'

export interface SlackBotOptions {
  /** Token of a bot with the scope `chat:write`: a secret. */
  readonly token: string
  /** Channel by its id, or by its name such as `#data`. */
  readonly channel: string
  /** Address of Slack's methods. Default `https://slack.com/api`. */
  readonly apiUrl?: string | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Messages of a bot. An outage has one message, with a thread below it: later alerts and the end are replies, and the message itself always says how
 * things stand.
 */
export function slackBotSink({ token, channel, apiUrl = 'https://slack.com/api', fetch }: SlackBotOptions): AlertSink {
  const call = async (method: string, content: object, signal: AbortSignal) => {
    const answer = await postForAnswer({
      url: `${apiUrl.replace(/\/+$/, '')}/${method}`,
      body: JSON.stringify(content),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
      signal,
      fetch,
    })
    if (answer.ok !== true) throw refusal(answer.error)
    return answer
  }
  return {
    name: 'slack',
    hasThreads: true,
    async send(alerts, { signal, thread, keep }) {
      const content = slackContent(alerts)
      const open = openThread(alerts, thread)
      if (!open) {
        const answer = await call('chat.postMessage', { channel, ...content }, signal)
        // A message that sums up several outages is the thread of none.
        const isThread = alerts.length === 1
        if (isThread && typeof answer.ts === 'string' && typeof answer.channel === 'string') {
          keep?.({ ts: answer.ts, channel: answer.channel })
        }
        return
      }
      // First what may be done twice without harm: when the reply fails, both are tried again.
      await call('chat.update', { channel: open.channel, ts: open.ts, ...headOf(content, alerts) }, signal)
      const isEnd = alerts[0]?.kind === 'recovered'
      const reply = { channel: open.channel, thread_ts: open.ts, ...content, ...(isEnd && { reply_broadcast: true }) }
      await call('chat.postMessage', reply, signal)
      keep?.({ ts: open.ts, channel: open.channel })
    },
  }
}

/** The thread that a message goes to: that of its outage, unless the outage before has ended. */
function openThread(alerts: readonly Alert[], thread: SendOptions['thread']) {
  if (alerts.length !== 1 || !thread || thread.alert.kind === 'recovered') return undefined
  const { ts, channel } = thread.receipt
  return ts === undefined || channel === undefined ? undefined : { ts, channel }
}

/** The message over the thread: how things stand, with a sign that can be seen from afar. */
function headOf({ text, blocks }: SlackContent, [alert]: readonly Alert[]): SlackContent {
  const sign = alert?.kind === 'recovered' ? ':white_check_mark:' : ':red_circle:'
  const context = {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `${sign} updated; the thread has the history` }],
  }
  return { text: `${sign} ${text}`, blocks: [...blocks, context] }
}

/** Errors after which the same message will never be taken. */
const REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'no_text', 'msg_blocks_too_long'])

function refusal(error: unknown): SinkError {
  const word = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'no reason'
  return new SinkError(`answered ${word}`, { retryable: !REFUSED.has(word) })
}
