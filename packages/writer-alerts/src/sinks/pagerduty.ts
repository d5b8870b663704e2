import { SEVERITIES } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert } from '../alert.ts'
import { fitText, oneLine } from './fit-text.ts'
import { post } from './post.ts'
import type { AlertSink } from './sink.ts'
import { linesOf, subjectOf } from './wording.ts'

export interface PagerDutyOptions {
  /** The address of the Events API v2, such as `https://events.pagerduty.com/v2/enqueue`. */
  readonly url: string
  /** The integration key of the service: a secret. */
  readonly routingKey: string
  readonly fetch?: typeof globalThis.fetch | undefined
}

const MAX_SUMMARY = 1024
const MAX_DETAILS = 50_000
const MAX_KEY = 255
const MAX_LINK = 2000
/** The number of problems in one message beyond which one event summarizes them. */
const MAX_EVENTS = 10

/**
 * Creates a sink that sends events to PagerDuty: an alert triggers an incident, one of kind `recovered` resolves it. The key of an event is the
 * outage, so that repeated or related alerts are one incident.
 */
export function pagerdutySink(options: PagerDutyOptions): AlertSink {
  assertOptions('pagerdutySink', options, {
    url: option.required(option.text),
    routingKey: option.required(option.text),
    fetch: option.action,
  })
  const { url, routingKey, fetch } = options
  return {
    name: 'pagerduty',
    async send(alerts, { signal, key = '' }) {
      for (const event of eventsOf(alerts, key)) {
        await post({ url, body: JSON.stringify({ routing_key: routingKey, ...event }), signal, fetch })
      }
    },
  }
}

function eventsOf(alerts: readonly Alert[], key: string): object[] {
  const problems = new Map<string, Alert[]>()
  const ends = new Map<string, Alert>()
  for (const alert of alerts) {
    const own = dedupKey(alert)
    // The last alert in a message counts: nobody needs an incident for an outage that has ended meanwhile.
    if (alert.kind === 'recovered') {
      problems.delete(own)
      ends.set(own, alert)
    } else {
      ends.delete(own)
      problems.set(own, [...(problems.get(own) ?? []), alert])
    }
  }
  const resolves = [...ends.keys()].map((own) => ({ event_action: 'resolve', dedup_key: own }))
  if (problems.size > MAX_EVENTS) return [trigger([...problems.values()].flat(), key), ...resolves]
  return [...[...problems].map(([own, group]) => trigger(group, own)), ...resolves]
}

function trigger(alerts: readonly Alert[], key: string): object {
  const [first] = alerts
  const link = alerts.length === 1 ? first?.link : undefined
  const hasLink = link !== undefined && link.length <= MAX_LINK
  return {
    event_action: 'trigger',
    dedup_key: key.slice(0, MAX_KEY),
    client: 'forge-writer',
    payload: {
      summary: fitText(oneLine(subjectOf(alerts)), MAX_SUMMARY),
      source: fitText(first?.tableFqn ?? 'forge-writer', MAX_KEY),
      severity: highestSeverity(alerts),
      timestamp: first?.occurredAt,
      ...(first?.pipeline && { component: fitText(oneLine(first.pipeline), MAX_KEY) }),
      class: first?.kind,
      custom_details: {
        text: fitText(linesOf(alerts).join('\n'), MAX_DETAILS),
        run_id: first?.runId ?? null,
        step_name: first?.step ?? null,
        alerts: alerts.length,
      },
    },
    ...(hasLink && { links: [{ href: link, text: 'Open the run' }] }),
  }
}

function dedupKey({ incident, id }: Alert): string {
  return (incident ?? id).slice(0, MAX_KEY)
}

function highestSeverity(alerts: readonly Alert[]): string {
  return [...SEVERITIES].reverse().find((each) => alerts.some(({ severity }) => severity === each)) ?? 'info'
}
