import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isWriterError } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { loadRuleFile, parseRuleFile } from '@forge/writer-quality'
import { describe, expect, test } from 'vitest'

const CONDITION = "where: phase = 'gold'"
const YAML = `
version: 1
rules:
  - duration_secs >= 0 AND duration_secs <= 3600
  - rule: range
    column: rows_written
    min: 0
    max: 12345678901234567890
    severity: warning
    ${CONDITION}
  - &named
    rule: notNull
    column: step_name
    name: step is named
`

test('a rule file in YAML gives rules, and texts are conditions', async () => {
  const rules = await parseRuleFile(YAML, 'yaml')
  expect(rules.map(({ kind, severity }) => [kind, severity])).toEqual([
    ['expression', 'error'],
    ['range', 'warning'],
    ['notNull', 'error'],
  ])
  expect(rules[1]).toMatchObject({
    where: { op: 'compare' },
    description: expect.stringContaining('12345678901234567890'),
  })
})

test('a rule file in JSON may be the list alone', async () => {
  const rules = await parseRuleFile(
    '[{ "rule": "oneOf", "column": "phase", "values": ["gold", "\\ud83d\\ude00"] }]',
    'json',
  )
  expect(rules).toMatchObject([{ kind: 'oneOf', columns: ['phase'], description: 'phase is one of gold, 😀' }])
})

async function problemsOf(text: string, format: 'yaml' | 'json' = 'yaml'): Promise<readonly string[]> {
  const error: unknown = await parseRuleFile(text, format).catch((reason: unknown) => reason)
  if (!isWriterError(error, 'CONFIGURATION')) throw new Error(`accepted, or failed otherwise: ${String(error)}`)
  return error.context.problems as readonly string[]
}

test('every problem is listed with its place', async () => {
  const text = `version: 2
rules:
  - rule: range
    column: duration_secs
    min: [1]
  - rule: nope
  - duration_secs >
  - rule: notNull
    column: step_name
    colour: red
more: 1
`
  expect(await problemsOf(text)).toEqual([
    expect.stringMatching(/^rules\.yaml:11:7 more: /),
    expect.stringMatching(/^rules\.yaml:1:10 version: .*1/),
    expect.stringMatching(/^rules\.yaml:5:10 rules\[0\]\.min: /),
    expect.stringMatching(/^rules\.yaml:6:5 rules\[1\]: /),
    expect.stringMatching(/^rules\.yaml:7:5 rules\[2\]\.expression: /),
    expect.stringMatching(/^rules\.yaml:8:5 rules\[3\]: .*colour/),
  ])
})

test('two rules of one name are a problem', async () => {
  expect(await problemsOf('- rule: notNull\n  column: a\n- rule: notNull\n  column: a')).toEqual([
    expect.stringContaining('notNull(a)'),
  ])
})

test.each([
  ['nothing', ''],
  ['a number', '42'],
  ['no rules', 'rules: []'],
  ['a rule that is a list', '- []'],
  ['a rule that is nothing', '- '],
  ['an object as a column', '- rule: notNull\n  column: { a: 1 }'],
  ['a kind from a prototype', '- rule: constructor'],
  ['a pattern that looks ahead', '- rule: matches\n  column: a\n  pattern: (?=a)'],
  ['a pattern that repeats too often', '- rule: matches\n  column: a\n  pattern: ((a{1000}){1000}){1000}'],
  ['a function that there is not', '- sleep(10) > 1'],
  ['statements', "- 'duration_secs > 0; DROP TABLE logs'"],
  ['a query', '- duration_secs > (select 1)'],
  ['a comment in a condition', "- 'success -- x'"],
  ['a deep condition', `- '${'('.repeat(5000)}1=1${')'.repeat(5000)}'`],
  ['a long condition', `- '${'a = 1 or '.repeat(20_000)} a = 1'`],
  ['a key of the prototype', '- rule: notNull\n  column: a\n  __proto__: { polluted: true }'],
  ['a doubled key', '- rule: notNull\n  column: a\n  column: b'],
  ['a tag', '- !!js/function "function(){}"'],
  ['a directive', '%YAML 1.1\n---\n- a = 1'],
  ['several documents', '- a = 1\n---\n- b = 1'],
  ['aliases that multiply', bomb()],
  ['an alias to nothing', '- *nothing'],
  ['an alias in itself', '&a [*a]'],
  ['brackets', '['.repeat(200_000)],
  ['closing brackets', ']'.repeat(200_000)],
  ['braces', '{a: '.repeat(50_000)],
  ['dashes', '- '.repeat(100_000)],
  ['question marks', '? '.repeat(100_000)],
  ['colons', ': '.repeat(100_000)],
  ['commas', `[${','.repeat(200_000)}`],
  ['anchors', '&a '.repeat(80_000)],
  ['documents', '---\n'.repeat(60_000)],
  ['indentation', Array.from({ length: 600 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
  ['a huge list', '- 1\n'.repeat(60_000)],
  ['a huge file', 'x'.repeat(2_000_000)],
  ['many keys', Array.from({ length: 9000 }, (_, key) => `k${key}: 1`).join('\n')],
  ['many long conditions', `- ${'a = 1 or '.repeat(200)}b = 1\n`.repeat(100)],
  ['too many rules', '- a = 1\n'.repeat(501)],
  ['an unclosed quote', '- "a'],
])('a file with %s is refused', async (_what, text) => {
  const problems = await problemsOf(text)
  expect(problems.length).toBeGreaterThan(0)
  expect(problems.every((problem) => problem.length <= 1000)).toBe(true)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test.each([
  ['a trailing comma', '[1,]'],
  ['YAML', '- a = 1'],
  ['a key of the prototype', '[{"rule":"notNull","column":"a","__proto__":{"x":1}}]'],
  ['a doubled key', '[{"rule":"notNull","column":"a","column":"b"}]'],
  ['depth', '['.repeat(100_000) + ']'.repeat(100_000)],
])('a JSON file with %s is refused', async (_what, text) => {
  expect((await problemsOf(text, 'json')).length).toBeGreaterThan(0)
})

test('a pattern that would be slow elsewhere is taken, since it runs in linear time', async () => {
  expect(await parseRuleFile('- rule: matches\n  column: a\n  pattern: (a+)+$', 'yaml')).toHaveLength(1)
})

test('problems beyond the first hundred are counted', async () => {
  const error: unknown = await parseRuleFile('- rule: nope\n'.repeat(450), 'yaml').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ context: { problemCount: 450, problems: { length: 100 } } })
})

function bomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(8)}*a${level}]`,
  )
  return ['a0: &a0 [lol, lol]', ...levels].join('\n')
}

describe('loaded from a path', () => {
  const directory = newFolder()
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text)
    return join(directory, name)
  }

  test('YAML, JSON and modules give rules', async () => {
    expect(await loadRuleFile(await file('rules.yml', YAML))).toHaveLength(3)
    expect(await loadRuleFile(await file('rules.json', '["a = 1"]'))).toHaveLength(1)
    const own = `{ name: 'own', kind: 'custom', columns: [], severity: 'error', mostly: 1, description: '', check: { kind: 'row', passes: { op: 'true' } } }`
    const module = await file('rules.mjs', `export default [{ rule: 'notNull', column: 'a' }, 'b > 1', ${own}]`)
    expect((await loadRuleFile(module)).map(({ kind }) => kind)).toEqual(['notNull', 'expression', 'custom'])
  })

  test('a module with wrong rules, or one that throws, is an error with its place', async () => {
    await expect(loadRuleFile(await file('wrong.mjs', "export default [{ rule: 'nope' }]"))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { problems: [expect.stringContaining('[0]: ')] },
    })
    await expect(loadRuleFile(await file('throws.mjs', "throw new Error('broken')"))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { reason: expect.stringContaining('broken') },
    })
  })

  test('TypeScript runs if Node runs it, and is a typed error elsewhere', async () => {
    const loading = loadRuleFile(await file('rules.mts', "export default ['a = 1'] as string[]"))
    if (Reflect.get(process.features, 'typescript')) expect(await loading).toHaveLength(1)
    else await expect(loading).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('a file that is not there, or is named otherwise, is a typed error', async () => {
    await expect(loadRuleFile(join(directory, 'none.yaml'))).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(loadRuleFile(await file('rules.toml', ''))).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(loadRuleFile(directory)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(loadRuleFile(await file('big.yaml', 'x'.repeat(1_000_001)))).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })
})
