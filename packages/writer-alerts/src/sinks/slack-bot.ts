import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert } from '../alert.ts'
import { postForAnswer } from './post.ts'
import { type AlertSink, type SendOptions, SinkError } from './sink.ts'
import { type SlackContent, slackContent } from './slack-text.ts'

export interface SlackBotOptions {
  /** The token of a bot with the scope `chat:write`: a secret. */
  readonly token: string
  /** The id of the channel, or its name such as `#data`. */
  readonly channel: string
  /** The address of the API of Slack. Default `https://slack.com/api`. */
  readonly apiUrl?: string | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Creates a sink that sends messages of a Slack bot. An outage has one message with a thread: later alerts and the end are replies, and the message
 * itself always shows the current state.
 */
export function slackBotSink(options: SlackBotOptions): AlertSink {
  assertOptions('slackBotSink', options, {
    token: option.required(option.text),
    channel: option.required(option.text),
    apiUrl: option.text,
    fetch: option.action,
  })
  const { token, channel, apiUrl = 'https://slack.com/api', fetch } = options
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
        // A message that summarizes several outages has no thread.
        const isThread = alerts.length === 1
        if (isThread && typeof answer.ts === 'string' && typeof answer.channel === 'string') {
          keep?.({ ts: answer.ts, channel: answer.channel })
        }
        return
      }
      // The update comes first because it can be repeated without harm: if the reply fails, both are tried again.
      await call('chat.update', { channel: open.channel, ts: open.ts, ...headOf(content, alerts) }, signal)
      const isEnd = alerts[0]?.kind === 'recovered'
      const reply = { channel: open.channel, thread_ts: open.ts, ...content, ...(isEnd && { reply_broadcast: true }) }
      await call('chat.postMessage', reply, signal)
      keep?.({ ts: open.ts, channel: open.channel })
    },
  }
}

/** Returns the thread of a message: that of its outage, unless that outage has ended. */
function openThread(alerts: readonly Alert[], thread: SendOptions['thread']) {
  if (alerts.length !== 1 || !thread || thread.alert.kind === 'recovered') return undefined
  const { ts, channel } = thread.receipt
  return ts === undefined || channel === undefined ? undefined : { ts, channel }
}

/** Returns the message above the thread: the current state, with a sign that is easy to see. */
function headOf({ text, blocks }: SlackContent, [alert]: readonly Alert[]): SlackContent {
  const sign = alert?.kind === 'recovered' ? ':white_check_mark:' : ':red_circle:'
  const context = {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `${sign} updated; the thread has the history` }],
  }
  return { text: `${sign} ${text}`, blocks: [...blocks, context] }
}

/** The errors after which the same message will never be accepted. */
const REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'no_text', 'msg_blocks_too_long'])

function refusal(error: unknown): SinkError {
  const word = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'no reason'
  return new SinkError(`answered ${word}`, { retryable: !REFUSED.has(word) })
}
