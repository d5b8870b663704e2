import { readFileSync } from 'node:fs'
import { LOG_COLUMNS } from '@forge/writer-core'
import { expect, test } from 'vitest'

const sourceOf = (path: string) => readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8')

test('every column has its description as the text that editors show for a field of a row', () => {
  const found = [...sourceOf('log/log-fields.ts').matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+):/g)]
  expect(found.map(([, text, name]) => [name, text])).toEqual(
    LOG_COLUMNS.map(({ name, description }) => [name, description]),
  )
})

test.each([
  'config/writer-config.ts',
  'writer/log-writer.ts',
  'execution/models.ts',
  'write/write-call.ts',
  '../../writer/src/writer-methods.ts',
  '../../writer/src/create-writer.ts',
])('every member of the interfaces in %s has a text for editors', (path) => {
  const bodies = [...sourceOf(path).matchAll(/^export interface [^{]*\{\n(.*?)^\}/gms)].map(([, body = '']) => body)
  expect(bodies.length).toBeGreaterThan(0)
  const bare = bodies.flatMap((body) => {
    const lines = body.split('\n')
    return lines.filter(
      (line, at) => /^ {2}(?:readonly )?\w+\??[:(]/.test(line) && !lines[at - 1]?.trim().endsWith('*/'),
    )
  })
  expect(bare).toEqual([])
})
