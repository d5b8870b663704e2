import { type Alert, alertHook, pagerdutySink, slackBotSink, teamsSink } from '@forge/writer-alerts'
import { expect, test } from 'vitest'
import { type Receiver, receiver } from './http-receiver.ts'
import { clock, makeAlert, open } from './open-station.ts'

const { signal } = new AbortController()
const page = '<a href="?a&b">[x](y) "\\'.repeat(3000)
const bodies = (server: Receiver) => server.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
const outage = (id: string, change: Partial<Alert> = {}) =>
  makeAlert({ id, kind: 'failure', incident: 'outage:orders', title: `failed: ${id}`, ...change })

test('Teams gets an Adaptive Card within 28 kB, in which text of a log makes no link', async () => {
  await using server = await receiver()
  const sink = teamsSink({ url: server.url })
  await sink.send([makeAlert({ text: page, link: 'https://runs.example.org/orders/run-1' })], { signal })
  await sink.send(
    Array.from({ length: 400 }, (_, at) => makeAlert({ id: `a${at}`, text: page, tableFqn: `${page}${at}` })),
    { signal },
  )
  await sink.send([makeAlert({ text: 'ü😀'.repeat(20_000), title: page })], { signal })
  for (const { body } of server.received) expect(Buffer.byteLength(body)).toBeLessThan(28_000)
  expect(bodies(server)[0]).toMatchObject({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          type: 'AdaptiveCard',
          actions: [{ type: 'Action.OpenUrl', url: 'https://runs.example.org/orders/run-1' }],
        },
      },
    ],
  })
  expect(server.received[0]?.body).not.toContain('[x](y)')
})

test('PagerDuty gets a trigger for an outage and a resolve for its end, by one key', async () => {
  await using server = await receiver()
  server.behaviour = 202
  const sink = pagerdutySink({ url: server.url, routingKey: 'R'.repeat(32) })
  await sink.send([outage('a', { text: page })], { signal, key: 'k1' })
  await sink.send([outage('b', { kind: 'recovered', severity: 'info' })], { signal, key: 'k2' })
  expect(bodies(server)).toMatchObject([
    {
      routing_key: 'R'.repeat(32),
      event_action: 'trigger',
      dedup_key: 'outage:orders',
      payload: { severity: 'error', source: 'analytics.log', component: 'orders' },
    },
    { event_action: 'resolve', dedup_key: 'outage:orders' },
  ])
  for (const { payload } of bodies(server)) {
    expect(String((payload as { summary?: string } | undefined)?.summary ?? '').length).toBeLessThanOrEqual(1024)
  }
})

test('PagerDuty gets one event for many alerts, and none for an outage that ended in the same message', async () => {
  await using server = await receiver()
  const sink = pagerdutySink({ url: server.url, routingKey: 'R'.repeat(32) })
  await sink.send(
    Array.from({ length: 40 }, (_, at) => makeAlert({ id: `a${at}` })),
    { signal, key: 'k' },
  )
  expect(bodies(server)).toMatchObject([{ event_action: 'trigger', dedup_key: 'k' }])
  await sink.send([outage('a'), outage('b', { kind: 'recovered' })], { signal, key: 'k2' })
  expect(bodies(server).slice(1)).toMatchObject([{ event_action: 'resolve', dedup_key: 'outage:orders' }])
})

/** Slack's methods, as far as a bot needs them. */
function asSlack(server: Receiver): void {
  server.reply = () => ({ ok: true, ts: `17000.${server.received.length}`, channel: 'C1' })
}

test('a bot of Slack keeps one message for an outage up to date, with the history in its thread', async () => {
  await using server = await receiver()
  asSlack(server)
  const setting = {
    kind: 'slack' as const,
    to: '#data',
    secretEnv: 'BOT',
    apiUrl: server.url,
    minSeverity: 'info' as const,
  }
  const { station, storage } = open(setting, { env: { BOT: 'xoxb-token' } })
  const raise = async (to: typeof station, alert: Alert) => {
    await to.raise([alert])
    await to.deliver()
    clock.ms += 60_000
  }
  await raise(station, outage('first'))
  await raise(station, outage('second'))
  await station.close()
  // Another process goes on with the thread.
  const next = open(setting, { env: { BOT: 'xoxb-token' } }, storage)
  await raise(next.station, outage('end', { kind: 'recovered', severity: 'info', title: 'recovered: orders' }))
  await raise(next.station, outage('again'))
  await next.station.close()
  const calls = server.received.map(({ path, body, headers }) => {
    expect(headers.authorization).toBe('Bearer xoxb-token')
    const { channel, ts, thread_ts, text } = JSON.parse(body) as Record<string, string>
    return [path.split('/').at(-1), channel, ts ?? thread_ts, text]
  })
  expect(calls).toEqual([
    ['chat.postMessage', '#data', undefined, '[error] failed: first'],
    ['chat.update', 'C1', '17000.1', ':red_circle: [error] failed: second'],
    ['chat.postMessage', 'C1', '17000.1', '[error] failed: second'],
    ['chat.update', 'C1', '17000.1', ':white_check_mark: [info] recovered: orders'],
    ['chat.postMessage', 'C1', '17000.1', '[info] recovered: orders'],
    ['chat.postMessage', '#data', undefined, '[error] failed: again'],
  ])
})

test('a message of a bot that sums up several outages is the thread of none of them', async () => {
  await using server = await receiver()
  asSlack(server)
  const setting = { kind: 'slack' as const, to: '#data', secretEnv: 'BOT', apiUrl: server.url }
  const { station } = open(setting, { env: { BOT: 'xoxb-token' } })
  await station.raise(Array.from({ length: 20 }, (_, at) => outage(`a${at}`)))
  await station.deliver()
  await station.raise([outage('later')])
  await station.deliver()
  expect(server.received.map(({ path }) => path.split('/').at(-1))).toEqual(['chat.postMessage', 'chat.postMessage'])
  await station.close()
})

test.each([
  ['channel_not_found', { state: 'pending', last_error: 'answered channel_not_found' }],
  ['invalid_blocks', { state: 'dead', last_error: 'answered invalid_blocks' }],
  ['<secret>', { state: 'pending', last_error: 'answered no reason' }],
])('what a bot is answered with ok: false and %s was not sent', async (error, expected) => {
  await using server = await receiver()
  server.reply = () => ({ ok: false, error })
  const { station, readStored } = open(
    { kind: 'slack', to: 'C1', secretEnv: 'BOT', apiUrl: server.url },
    { env: { BOT: 'xoxb-1' } },
  )
  await station.raise([makeAlert()])
  await station.deliver()
  expect(await readStored()).toMatchObject([expected])
  await station.close()
})

test('a bot of Slack waits when Slack asks it to', async () => {
  await using server = await receiver()
  server.behaviour = 429
  server.headers = { 'retry-after': '30' }
  asSlack(server)
  await expect(
    slackBotSink({ token: 'xoxb-1', channel: 'C1', apiUrl: server.url }).send([makeAlert()], { signal }),
  ).rejects.toMatchObject({ retryable: true, retryAfterMs: 30_000 })
})

test.each([
  ['PagerDuty without a key', { kind: 'pagerduty' as const, to: 'https://events.pagerduty.com/v2/enqueue' }],
  ['Teams without an address', { kind: 'teams' as const, to: '#data' }],
  [
    'an address of Slack for a webhook',
    { kind: 'webhook' as const, to: 'https://example.org', apiUrl: 'https://slack.com/api' },
  ],
  [
    'an address of Slack without a token',
    { kind: 'slack' as const, to: 'https://example.org', apiUrl: 'https://slack.com/api' },
  ],
  [
    'a link with an unknown part',
    { kind: 'webhook' as const, to: 'https://example.org', linkTemplate: 'https://a/{run}' },
  ],
  ['a link that is not an address', { kind: 'webhook' as const, to: 'https://example.org', linkTemplate: '{run_id}' }],
])('%s is refused when the hook is made', (_, setting) => {
  expect(() => alertHook({ settings: [setting], env: {} })).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})
