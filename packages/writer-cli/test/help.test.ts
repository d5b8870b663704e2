import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { UsageError } from '../src/command/usage-error.ts'
import { COMMANDS } from '../src/commands/registry.ts'
import { runCli } from './run-cli.ts'

const cwd = tmpdir()

test('--help lists every command and goes to standard output', async () => {
  const { code, stdout, stderr } = await runCli(['--help'], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const { name, summary } of COMMANDS) {
    if (!name.includes(' ')) expect(stdout).toContain(summary)
    expect(stdout).toMatch(new RegExp(`^ {2}${name.split(' ')[0]}\\s+\\S`, 'm'))
  }
})

test.each(COMMANDS.map(({ name }) => name))('%s --help has examples and its options', async (name) => {
  const { code, stdout } = await runCli([...name.split(' '), '--help'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toContain('Examples:')
  expect(stdout).toContain(`forge-writer ${name}`)
  // What follows `record` is the command of somebody else, with its own output.
  if (name !== 'record') expect(stdout).toContain('--json')
})

test.each(COMMANDS)('the summary of $name is one line without a full stop', ({ summary }) => {
  expect(summary).toMatch(/^[A-Z][^\n]*[^.\n]$/)
})

/** Titles, notes and prefixes may be empty. */
const MAY_BE_EMPTY = ['title', 'note', 'basePath']

test.each(COMMANDS)('$name refuses an empty text for its options', async ({ load }) => {
  for (const [name, { parse }] of Object.entries((await load()).options)) {
    if (parse === undefined) continue
    if (MAY_BE_EMPTY.includes(name)) expect(parse('', undefined)).toBe('')
    else expect(() => parse('', undefined), `--${name}`).toThrow(UsageError)
  }
})

test('the help of show lists its options and examples', async () => {
  const { stdout } = await runCli(['show', '--help'], { cwd })
  expect(stdout).toMatchSnapshot()
})

test('without a command the help goes to standard error, and the exit code is 2', async () => {
  const { code, stdout, stderr } = await runCli([], { cwd })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Usage: forge-writer')
})

test.each([
  [['shwo'], /unknown command 'shwo'/],
  [['show', '--lmit', '3'], /unknown option '--lmit'/],
  [['show', '--limit', 'many'], /--limit.*many/],
  [['show', '--storage', 'floppy'], /--storage.*floppy.*duckdb, delta/],
  [['show', '--config', 'missing.json'], /missing\.json/],
  [['query', '--order', 'a:b:c'], /a:b:c/],
  [['query', '--since', 'tomorrow'], /tomorrow/],
  [['export'], /--output/],
])('%j is a usage error', async (argv, message) => {
  const { code, stdout, stderr } = await runCli(argv, { cwd })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
})
