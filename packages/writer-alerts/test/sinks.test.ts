import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Alert, alertHook, commandSink, emailSink, SinkError, type StationOptions } from '@forge/writer-alerts'
import type { AlertSettings } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { sinkKey } from '../src/sinks/from-settings.ts'

const ALERT: Alert = {
  id: 'a',
  kind: 'failure',
  severity: 'error',
  title: 'failed: orders\r\nBcc: everyone@example.org',
  text: 'Run 7 failed: no route to host',
  tableFqn: 'analytics.log',
  pipeline: 'orders',
  step: null,
  runId: '7',
  occurredAt: '2024-01-15T12:00:00.000Z',
}
const signal = new AbortController().signal

test('a command gets the alerts on its standard input, and no shell reads them', async () => {
  const directory = newFolder()
  const script = join(directory, 'take.mjs')
  const out = join(directory, 'out.json')
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from 'node:fs'
     writeFileSync(process.argv[2], JSON.stringify({ subject: process.env.FORGE_ALERT_SUBJECT, ...JSON.parse(readFileSync(0, 'utf8')) }))`,
  )
  await commandSink({ command: `${process.execPath} ${script} ${out}` }).send([ALERT], { signal })
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual({
    subject: `[error] ${ALERT.title}`,
    version: 1,
    alerts: [ALERT],
  })
})

test('a command that fails, or is not there, is tried again', async () => {
  const failing = commandSink({ command: `${process.execPath} -e process.exit(3)` }).send([ALERT], { signal })
  await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('3'), retryable: true })
  await expect(commandSink({ command: '/no/such/program' }).send([ALERT], { signal })).rejects.toBeInstanceOf(SinkError)
})

/** Speaks as much SMTP as a client needs; `answer` is what it says to the message. */
async function mailServer(answer: string) {
  const messages: string[] = []
  const server = createServer((socket) => {
    let isData = false
    let text = ''
    socket.on('error', () => {})
    socket.write('220 test\r\n')
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      if (isData) {
        if (!text.endsWith('\r\n.\r\n')) return
        messages.push(text)
        isData = false
        text = ''
        socket.write(`${answer}\r\n`)
        return
      }
      if (!text.endsWith('\r\n')) return
      const line = text.trim()
      text = ''
      if (line === 'DATA') isData = true
      socket.write(line === 'DATA' ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `smtp://127.0.0.1:${port}`, messages, close: () => server.close() }
}

test('a mail has subject and text, and a title cannot add a header', async () => {
  const server = await mailServer('250 taken')
  await emailSink({ to: 'ops@example.org', server: server.url }).send([ALERT], { signal })
  const [message = ''] = server.messages
  const headers = message.slice(0, message.indexOf('\r\n\r\n'))
  expect(headers).toMatch(/^To: ops@example\.org$/m)
  expect(headers).toMatch(/^Subject: \[error\] failed: orders/m)
  expect(headers).not.toMatch(/^Bcc:/m)
  expect(message).toContain('Run 7 failed: no route to host')
  server.close()
})

test('a mail server that is busy is tried again, one that refuses for good is not', async () => {
  const busy = await mailServer('451 later')
  await expect(emailSink({ to: 'a@b.org', server: busy.url }).send([ALERT], { signal })).rejects.toMatchObject({
    retryable: true,
  })
  const never = await mailServer('550 no such user')
  await expect(emailSink({ to: 'a@b.org', server: never.url }).send([ALERT], { signal })).rejects.toMatchObject({
    message: expect.stringContaining('550'),
    retryable: false,
  })
  busy.close()
  never.close()
})

test.each<[string, AlertSettings]>([
  ['an invalid address', { kind: 'webhook', to: 'ftp://example.org' }],
  ['a secret that is not there', { kind: 'webhook', to: 'https://example.org', secretEnv: 'MISSING' }],
  ['mail without a server', { kind: 'email', to: 'ops@example.org' }],
  ['an invalid server', { kind: 'email', to: 'ops@example.org', secretEnv: 'WRONG' }],
  ['an address with a password, which fetch refuses', { kind: 'webhook', to: 'https://me:hunter2@example.org' }],
  ['a time that no clock shows', { kind: 'command', to: 'true', quietHours: '22:00-27:00' }],
  ['hours of no length', { kind: 'command', to: 'true', quietHours: '08:00-08:00' }],
  ['invalid hours', { kind: 'command', to: 'true', quietHours: '22:00-07:00 Nowhere/Land' }],
])('%s is refused when the hook is made, without the secret', (_, setting) => {
  const make = () => alertHook({ settings: [setting], env: { WRONG: 'hunter2' } })
  expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
  expect(make).not.toThrow(/hunter2/)
})

test.each<[string, StationOptions]>([
  ['no timeout', { timeoutMs: 0 }],
  ['a timeout that timers take for none', { timeoutMs: Number.POSITIVE_INFINITY }],
  ['a timeout that is not a number', { timeoutMs: Number.NaN }],
  ['a negative wait on closing', { closeTimeoutMs: -1 }],
  ['giving up before trying', { giveUpMs: 0 }],
  ['a negative time of taking over', { takeOverMs: -1 }],
])('%s is refused when the hook is made', (_, options) => {
  expect(() => alertHook(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})

test('what names a sink in the outbox holds neither arguments nor addresses', () => {
  const keys = [
    sinkKey({ kind: 'command', to: 'notify --token hunter2' }),
    sinkKey({ kind: 'slack', to: 'https://hooks.slack.com/services/hunter2' }),
  ]
  expect(keys.join()).toMatch(/^command:notify:[0-9a-f]{8},slack:hooks\.slack\.com:[0-9a-f]{8}$/)
})
