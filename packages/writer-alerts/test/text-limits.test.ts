import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Alert, commandSink, slackSink } from '@forge/writer-alerts'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { fitText } from '../src/sinks/fit-text.ts'
import { receiver } from './http-receiver.ts'
import { makeAlert } from './open-station.ts'

const { signal } = new AbortController()
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escapeCharacter = (character: string) => ESCAPES[character] ?? character

interface SlackMessage {
  readonly text: string
  readonly blocks: readonly {
    readonly text?: { readonly text: string }
    readonly elements?: readonly { text: string }[]
  }[]
}

async function slackMessage(alerts: readonly Alert[]): Promise<SlackMessage> {
  await using server = await receiver()
  await slackSink({ url: server.url }).send(alerts, { signal })
  return JSON.parse(server.received[0]?.body ?? '') as SlackMessage
}

function textsOf({ text, blocks }: SlackMessage): string[] {
  return [
    text,
    ...blocks.flatMap((block) => [block.text?.text ?? '', ...(block.elements ?? []).map((each) => each.text)]),
  ]
}

const page = (length: number) => '<a href="?a&b">'.repeat(Math.ceil(length / 15)).slice(0, length)

test.each([
  ['20 pages of HTML', Array.from({ length: 20 }, (_, at) => makeAlert({ id: `a${at}`, text: page(200) }))],
  ['one long page', [makeAlert({ text: page(100_000) })]],
  ['a long title', [makeAlert({ title: page(10_000) })]],
  ['many tables', Array.from({ length: 300 }, (_, at) => makeAlert({ id: `a${at}`, tableFqn: `schema.<${at}>` }))],
  ['a long link', [makeAlert({ link: `https://example.org/${'&'.repeat(3000)}` })]],
])('%s fit into what Slack takes, after they are escaped', async (_, alerts) => {
  for (const text of textsOf(await slackMessage(alerts))) {
    expect(text.length).toBeLessThanOrEqual(3000)
    // Every & that is left begins an escape sequence: none was cut.
    expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/)
  }
})

test('what is too long is left out in the middle, and the text says how much', async () => {
  const text = `Traceback ${'x'.repeat(9000)} ValueError: <no> such column`
  const [, section = ''] = textsOf(await slackMessage([makeAlert({ text })]))
  expect(section).toContain('Traceback')
  expect(section).toContain('ValueError: &lt;no&gt; such column')
  const [, count = 0] = /\[(\d+) characters left out\]/.exec(section) ?? []
  expect(Number(count)).toBeGreaterThan(6000)
})

test('text is fitted to any size without cutting a character or an escape sequence', () => {
  const texts = ['', 'a', '&'.repeat(50), 'é😀'.repeat(40), `${'<'.repeat(30)}end`, '\ud800lone\udc00'.repeat(20)]
  for (const text of texts) {
    for (let max = 0; max < 200; max++) {
      const fitted = fitText(text, max, { escapeCharacter })
      expect(fitted.length).toBeLessThanOrEqual(max)
      expect(fitted.isWellFormed()).toBe(true)
      expect(fitted).not.toMatch(/&(?!amp;|lt;|gt;)/)
    }
    const whole = [...text.toWellFormed()].map(escapeCharacter).join('')
    expect(fitText(text, whole.length, { escapeCharacter })).toBe(whole)
  }
})

test('a command gets an alert whose pipeline has NUL in its name', async () => {
  const directory = newFolder()
  const script = join(directory, 'take.mjs')
  const out = join(directory, 'out.json')
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from 'node:fs'
     writeFileSync(process.argv[2], JSON.stringify([process.env.FORGE_ALERT_SUBJECT, JSON.parse(readFileSync(0, 'utf8'))]))`,
  )
  const alert = makeAlert({ title: `failed: or\0ders ${'x'.repeat(300_000)}`, pipeline: 'or\0ders' })
  await commandSink({ command: `${process.execPath} ${script} ${out}` }).send([alert], { signal })
  const [subject, message] = JSON.parse(await readFile(out, 'utf8')) as [string, { alerts: Alert[] }]
  expect(subject).toContain('failed: or ders')
  expect(message.alerts).toEqual([alert])
})
