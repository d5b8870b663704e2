import { createHash } from 'node:crypto'
import { type AlertSettings, WriterConfigurationError } from '@forge/writer-core'
import { commandSink } from './command.ts'
import { emailSink } from './email.ts'
import { pagerdutySink } from './pagerduty.ts'
import type { AlertSink } from './sink.ts'
import { slackSink } from './slack.ts'
import { slackBotSink } from './slack-bot.ts'
import { teamsSink } from './teams.ts'
import { webhookSink } from './webhook.ts'

export interface SinkContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
}

/**
 * Creates the sink of a setting. `secretEnv` names the variable that holds the key of a webhook's signature, the address of the webhook of Slack or
 * Teams, the token of a Slack bot, the integration key of PagerDuty, or the address of the mail server. Throws WriterConfigurationError if the
 * variable is not set, or the address is invalid.
 */
export function sinkOf(settings: AlertSettings, { env, now }: SinkContext): AlertSink {
  const { kind, to, secretEnv } = settings
  if (settings.apiUrl !== undefined && kind !== 'slack') throw invalid('apiUrl applies only to slack', settings)
  const secret = secretEnv === undefined ? undefined : env[secretEnv]
  if (secretEnv !== undefined && !secret) throw invalid(`the variable ${secretEnv} is not set`, settings)
  switch (kind) {
    case 'webhook':
      return webhookSink({ url: webAddress(to, settings), now, secret })
    case 'slack':
      return slackOf(settings, secret)
    case 'teams':
      return teamsSink({ url: webAddress(secret ?? to, settings) })
    case 'pagerduty':
      if (!secret) throw invalid('secretEnv must name the variable with the integration key', settings)
      return pagerdutySink({ url: webAddress(to, settings), routingKey: secret })
    case 'command':
      return commandSink({ command: to })
    case 'email':
      if (!secret) throw invalid('secretEnv must name the variable with the address of the mail server', settings)
      return emailSink({ to, server: mailServer(secret, settings) })
  }
}

/** Creates the sink of a bot if the secret is its token, otherwise that of an incoming webhook. */
function slackOf(settings: AlertSettings, secret: string | undefined): AlertSink {
  const { to, apiUrl } = settings
  if (secret?.startsWith('xox')) {
    return slackBotSink({ token: secret, channel: to, apiUrl: apiUrl && webAddress(apiUrl, settings) })
  }
  if (apiUrl !== undefined)
    throw invalid('apiUrl needs the token of a bot, xoxb-…, in the variable of secretEnv', settings)
  return slackSink({ url: webAddress(secret ?? to, settings) })
}

/** Returns the key of a setting in the outbox, which holds no secret. */
export function sinkKey({ kind, to, secretEnv = '' }: AlertSettings): string {
  if (kind === 'email') return `${kind}:${to}`.slice(0, 200)
  // One address may stand for several sinks, distinguished by their secrets.
  const digest = createHash('sha256').update(to).update(secretEnv).digest('hex').slice(0, 8)
  if (kind === 'command') return `${kind}:${to.trim().split(/\s+/)[0]}:${digest}`
  return `${kind}:${safeUrl(to)?.host ?? 'secret'}:${digest}`
}

function webAddress(text: string, settings: AlertSettings): string {
  const url = safeUrl(text)
  if (url?.username || url?.password) throw invalid('the address must not hold a user or a password', settings)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw invalid('the address must start with https:// or http://', settings)
}

function mailServer(text: string, settings: AlertSettings): string {
  const url = safeUrl(text)
  if (url?.protocol === 'smtp:' || url?.protocol === 'smtps:') return text
  throw invalid('the mail server must be an address such as smtps://user:password@smtp.example.org', settings)
}

function safeUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function invalid(problem: string, { kind }: AlertSettings): WriterConfigurationError {
  return new WriterConfigurationError(`alerts: ${kind}: ${problem}`, {
    context: { kind },
    suggestions: ['Secrets are given as names of environment variables, in secretEnv.'],
    committed: 'no',
  })
}
