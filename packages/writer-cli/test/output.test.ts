import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { parseMoment } from '../src/command/moment.ts'
import { parseOrder } from '../src/command/order.ts'
import { UsageError } from '../src/command/usage-error.ts'
import { asCommand } from '../src/output/as-command.ts'
import { type Clock, createClock } from '../src/output/clock.ts'
import { printError } from '../src/output/error.ts'
import { durationText, percentText } from '../src/output/format.ts'
import { toJson } from '../src/output/json.ts'
import { LOG_ROW_COLUMNS } from '../src/output/log-rows.ts'
import { plain, wantsColour } from '../src/output/style.ts'
import { cut, formatTable, type TableColumn } from '../src/output/table.ts'
import { wrapLine } from '../src/output/wrap.ts'

const COLUMNS = [
  { header: 'name', cell: (row: { name: string; count: number }) => row.name },
  { header: 'count', align: 'right' as const, cell: (row: { name: string; count: number }) => String(row.count) },
]

test('columns stand under each other whatever the width of characters', () => {
  const rows = [
    { name: '漢字', count: 7 },
    { name: 'plain\nline', count: 1234 },
  ]
  expect(formatTable(COLUMNS, rows)).toEqual(['name         count', '漢字             7', 'plain\\nline   1234'])
})

test('one long cell neither lengthens the other lines of a pipe nor is printed whole', () => {
  const rows = Array.from({ length: 100 }, (_none, at) => ({
    name: at === 50 ? 'n'.repeat(5_000_000) : 'short',
    count: at,
  }))
  const lines = formatTable(COLUMNS, rows)
  expect(lines[51]).toMatch(/^n{999}… +50$/)
  expect(lines.filter((line) => line.length > 400)).toHaveLength(1)
  const names = [{ header: 'name', cut: 'middle' as const, cell: (row: { name: string }) => row.name }]
  expect(formatTable(names, [{ name: `${'a'.repeat(90_000)}-the-end` }])[1]).toMatch(/^a+…a+-the-end$/)
})

test('a table is cut to the width of the terminal, and figures are not', () => {
  const lines = formatTable(COLUMNS, [{ name: 'a'.repeat(100), count: 123_456_789 }], { width: 40 })
  expect(lines.map((line) => stringWidth(line))).toEqual([40, 40])
  expect(lines[1]).toMatch(/^a+… {2}123456789$/)
})

test('a row that has only the time of its recording shows it as its start', () => {
  const [started] = LOG_ROW_COLUMNS
  expect(started?.header).toBe('started')
  const clock = createClock()
  expect(started?.cell({ start_time: null, created_at: '2024-05-01T10:00:00.000000Z' }, clock)).toBe(
    '2024-05-01 10:00:00',
  )
  expect(started?.cell({ start_time: null }, clock)).toBe('')
})

test('without rows there is still a header', () => {
  expect(formatTable(COLUMNS, [])).toEqual(['name  count'])
})

test('text is cut between characters, never within', () => {
  expect(cut('漢字漢字', 5)).toBe('漢字…')
  expect(cut('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…')
  expect(cut('short', 5)).toBe('short')
})

test.each([
  [{ colour: true, env: {}, isTerminal: true }, true],
  [{ colour: true, env: {}, isTerminal: false }, false],
  [{ colour: false, env: { FORCE_COLOR: '1' }, isTerminal: true }, false],
  [{ colour: true, env: { NO_COLOR: '1', FORCE_COLOR: '1' }, isTerminal: true }, false],
  [{ colour: true, env: { NO_COLOR: '' }, isTerminal: true }, true],
  [{ colour: true, env: { FORCE_COLOR: '1' }, isTerminal: false }, true],
  [{ colour: true, env: { FORCE_COLOR: '0' }, isTerminal: true }, false],
  [{ colour: true, env: { TERM: 'dumb' }, isTerminal: true }, false],
])('colour of %j is %s', (given, expected) => {
  expect(wantsColour(given)).toBe(expected)
})

test('a figure that is missing leaves its cell empty, and one that is not a number is a dash', () => {
  expect([125, null, undefined, Number.NaN].map(durationText)).toEqual(['2 min 05 s', '', '', '–'])
  expect([97.456, null].map(percentText)).toEqual(['97.46 %', ''])
})

test('a whole number beyond 2^53 is text in JSON', () => {
  expect(toJson({ rows: 9007199254740993n })).toBe('{"rows":"9007199254740993"}')
})

test('times are read relative to now, or as ISO 8601 in UTC', () => {
  const now = new Date('2024-06-01T12:00:00Z')
  const read = (text: string) => parseMoment(text, now).toISOString()
  expect(read('90m')).toBe('2024-06-01T10:30:00.000Z')
  expect(read('7d')).toBe('2024-05-25T12:00:00.000Z')
  expect(read('2024-01-31')).toBe('2024-01-31T00:00:00.000Z')
  expect(read('2024-01-31 08:00')).toBe('2024-01-31T08:00:00.000Z')
  expect(read('2024-01-31T08:00+02:00')).toBe('2024-01-31T06:00:00.000Z')
  expect(() => read('2024-13-01')).toThrow(UsageError)
})

test('an order is a column and a direction', () => {
  expect(parseOrder('a')).toEqual({ column: 'a', descending: false })
  expect(parseOrder('a:desc')).toEqual({ column: 'a', descending: true })
})

test('an error prints its code, context, outcome and suggestions, and its text cannot move the cursor', () => {
  const parts: unknown[] = []
  const stderr = { write: (part: string | Uint8Array) => parts.push(part) > 0, once: () => undefined }
  const error = Object.assign(new Error('no\u001b[2J table'), {
    code: 'TABLE',
    context: { path: '/data', problems: [{ row: 1, field: 'a' }] },
    suggestions: ['make one'],
    committed: 'unknown',
  })
  printError(error, { stderr, style: plain, debug: false })
  expect(parts.join('')).toMatchSnapshot()
})

test('a suggestion names commands, not functions', () => {
  expect(asCommand('Run doctor(), or accept the loss with repair().')).toBe(
    'Run `forge-writer doctor`, or accept the loss with `forge-writer doctor --repair`.',
  )
  expect(asCommand('migrate() adds it; premigrate() is none.')).toBe(
    '`forge-writer maintain --migrate` adds it; premigrate() is none.',
  )
})

test('an error prints nothing twice', () => {
  const parts: unknown[] = []
  const stderr = { write: (part: string | Uint8Array) => parts.push(part) > 0, once: () => undefined }
  const context = { missing: ['a'], columns: ['id', 'status'], path: '/data' }
  const error = Object.assign(new Error('columns not found: a (table has: id, status)'), { code: 'SCHEMA', context })
  printError(error, { stderr, style: plain, debug: false })
  expect(parts.join('')).toBe('error SCHEMA: columns not found: a (table has: id, status)\n  path: /data\n')
})

describe('a table in a narrow terminal', () => {
  const rows = [
    { name: 'orders/model.shop.daily_totals', run: '24ad943b-c71e-497c', rows: 5 },
    { name: 'orders/model.shop.weekly_totals', run: 'cfbc1db9-66c1-46c2', rows: 12_345 },
  ]
  const columns: readonly TableColumn<(typeof rows)[number]>[] = [
    { header: 'step', cell: ({ name }) => name, cut: 'middle', minWidth: 14 },
    { header: 'run', cell: ({ run }) => run, minWidth: 9 },
    { header: 'rows', align: 'right', cell: (row) => String(row.rows), leaves: 1 },
  ]
  const linesAt = (width: number) => formatTable(columns, rows, { width })

  test('keeps all columns and whole cells as long as they fit', () => {
    expect(linesAt(80)).toEqual(formatTable(columns, rows))
    expect(linesAt(80)[0]).toContain('rows')
  })

  test('cuts names in the middle and ids at the end before a column leaves', () => {
    const [header, first, second, ...more] = linesAt(32)
    expect(header).toMatch(/step .*run .*rows$/)
    expect(first).toMatch(/^or\w*….*daily_totals|^or.*…\S+totals/)
    expect(second).toContain('cfbc1db9')
    expect(more).toEqual([])
  })

  test('leaves out columns by rank, and says which', () => {
    const lines = linesAt(26)
    expect(lines[0]).not.toContain('rows')
    expect(lines.at(-1)).toContain('not shown: rows')
    for (const line of lines.slice(0, -1)) expect(line.length).toBeLessThanOrEqual(26)
  })
})

describe('clocks', () => {
  test('times are printed in the zone, with its name next to them', () => {
    const columns = [{ header: 'started', isTime: true, cell: (at: string, { second }: Clock) => second(at) }]
    const rows = ['2024-07-01T22:30:05.123456Z', 'infinity']
    expect(formatTable(columns, rows)).toEqual(['started (UTC)', '2024-07-01 22:30:05', 'infinity'])
    expect(formatTable(columns, rows, { clock: createClock('Europe/Berlin') })).toEqual([
      'started (Europe/Berlin)',
      '2024-07-02 00:30:05',
      'infinity',
    ])
    expect(createClock('Asia/Kolkata').withZone('2024-07-01T22:30:05Z')).toBe('2024-07-02 04:00:05 Asia/Kolkata')
    expect(createClock().withZone(null)).toBe('')
  })

  test('a moment without a zone is one of the zone, and an age or one with a zone is not', () => {
    const now = new Date('2024-07-02T00:00:00Z')
    const inBerlin = (text: string) => parseMoment(text, now, 'Europe/Berlin').toISOString()
    expect(inBerlin('2024-01-31')).toBe('2024-01-30T23:00:00.000Z')
    expect(inBerlin('2024-07-01 12:00')).toBe('2024-07-01T10:00:00.000Z')
    expect(inBerlin('2024-07-01T12:00Z')).toBe('2024-07-01T12:00:00.000Z')
    expect(inBerlin('1d')).toBe('2024-07-01T00:00:00.000Z')
  })
})

test('long lines are broken between words, and keep their indent', () => {
  expect(wrapLine('  one two three', 10)).toEqual(['  one two', '    three'])
  expect(wrapLine('short', 10)).toEqual(['short'])
  expect(wrapLine('✗ a_long_name: reason', 10)).toEqual(['✗ a_long_name:', '  reason'])
  expect(wrapLine('https://example.com/a/long/path next', 12)).toEqual(['https://example.com/a/long/path', '  next'])
})

test('suggestions name what the command line has', () => {
  expect(asCommand('Raise lockTimeoutMs.')).toContain('FORGE_WRITER_LOCK_TIMEOUT_MS')
  expect(asCommand('Export to another path, or set `overwrite`.')).toContain('--overwrite')
  expect(asCommand('Run repair().')).toContain('forge-writer doctor --repair')
})

test('on a terminal an error is broken between words, in a pipe it is not', () => {
  const error = Object.assign(new Error(`bad ${'value '.repeat(30)}`), { suggestions: ['Do this. '.repeat(20)] })
  const printAt = (columns?: number) => {
    const lines: string[] = []
    const stderr = {
      write: (text: string | Uint8Array) => lines.push(String(text)) > 0,
      once: () => undefined,
      ...(columns !== undefined && { isTTY: true, columns }),
    }
    printError(error, { stderr, style: plain, debug: false })
    return lines.join('').trimEnd().split('\n')
  }
  expect(printAt()).toHaveLength(2)
  expect(printAt(80).every((line) => stringWidth(line) <= 80)).toBe(true)
  expect(printAt(80).join(' ').split(/\s+/)).toEqual(printAt().join(' ').trim().split(/\s+/))
})
