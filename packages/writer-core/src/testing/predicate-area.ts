import { expect, test } from 'vitest'
import {
  and,
  between,
  call,
  column,
  eq,
  gt,
  gte,
  isIn,
  isNotNull,
  isNull,
  jsonField,
  like,
  literal,
  lt,
  lte,
  matches,
  ne,
  not,
  or,
} from '../predicate/build.ts'
import { parsePredicate } from '../predicate/parse/parse-predicate.ts'
import type { Predicate } from '../predicate/predicate.ts'
import { type Bench, idsIn, rowsOf } from './storage-under-test.ts'

const ROWS = [
  { id: 1, name: 'alpha', secs: 1.5, ok: true, at: '2024-01-01T00:00:00Z', extra: { team: 'data', n: 1 } },
  { id: 2, name: 'Beta', secs: -2, ok: false, at: '2024-01-02T00:00:00.000001Z', extra: { team: null } },
  { id: 3, name: null, secs: null, ok: null, at: null, extra: null },
  { id: 4, name: '50%_\\', secs: Number.NaN, ok: true, at: '2024-06-01T12:00:00Z', extra: [1] },
  { id: 5, name: 'line\nbreak', secs: 0, ok: false, at: '1969-12-31T00:00:00Z', extra: { 0: 'zero' } },
] as const

const CASES: readonly [string, Predicate, readonly number[]][] = [
  ['true', { op: 'true' }, [1, 2, 3, 4, 5]],
  ['false', { op: 'false' }, []],
  ['= on text', eq('name', 'alpha'), [1]],
  ['!= does not match null', ne('name', 'alpha'), [2, 4, 5]],
  ['= null matches nothing', eq('name', null), []],
  ['< on numbers', lt('secs', 0), [2]],
  ['<= on numbers', lte('secs', 0), [2, 5]],
  ['> matches NaN, which is greater than every number', gt('secs', 1e300), [4]],
  ['= NaN matches NaN', eq('secs', Number.NaN), [4]],
  ['>= on whole numbers against a fraction', gte('id', 3.5), [4, 5]],
  ['bigints', eq('id', 4n), [4]],
  ['booleans', eq('ok', true), [1, 4]],
  ['times against a Date', gte('at', new Date('2024-01-02T00:00:00Z')), [2, 4]],
  ['times against text', lt('at', '2024-01-02'), [1, 5]],
  ['times to the microsecond', eq('at', '2024-01-02T00:00:00.000001Z'), [2]],
  ['is null', isNull('secs'), [3]],
  ['is not null', isNotNull('name'), [1, 2, 4, 5]],
  ['not of unknown stays unknown', not(eq('name', 'alpha')), [2, 4, 5]],
  ['and', and(gt('id', 1), eq('ok', false)), [2, 5]],
  ['or with unknown', or(eq('ok', true), isNull('ok')), [1, 3, 4]],
  ['empty and, empty or', or({ op: 'and', args: [] }, { op: 'or', args: [] }), [1, 2, 3, 4, 5]],
  ['in', isIn('name', ['alpha', 'Beta', 'gamma']), [1, 2]],
  ['in nothing', isIn('id', []), []],
  ['not in with null matches nothing', not(isIn('id', [1, null])), []],
  ['in times', isIn('at', ['2024-01-01T00:00:00Z']), [1]],
  ['between', between('id', 2, 4), [2, 3, 4]],
  ['like', like('name', '%p_a'), [1]],
  ['like matches the whole text, across lines', like('name', 'line%k'), [5]],
  ['like with escapes', like('name', '50\\%\\_\\\\'), [4]],
  ['like respects case', like('name', 'BETA'), []],
  ['like that ignores case', like('name', 'BETA', { ignoreCase: true }), [2]],
  ['matches anywhere', matches('name', 'p+h'), [1]],
  ['matches with anchors', matches('name', '^[A-Z]'), [2]],
  ['a key of json', eq(jsonField('extra', 'team'), 'data'), [1]],
  ['a number in json is its text', eq(jsonField('extra', 'n'), '1'), [1]],
  ['a missing key and null alike', isNull(jsonField('extra', 'team')), [2, 3, 4, 5]],
  ['a key of digits is not an index', isNotNull(jsonField('extra', '0')), [5]],
  ['length in code points', gt(call('length', 'name'), 9), [5]],
  ['lower', eq(call('lower', 'name'), 'beta'), [2]],
  ['coalesce', eq(call('coalesce', 'name', literal('none')), 'none'), [3]],
  ['abs and round', eq(call('round', call('abs', 'secs')), 2), [1, 2]],
  ['is finite', not(eq(call('isFinite', 'secs'), true)), [4]],
  [
    'division by zero is null',
    isNull({ kind: 'arithmetic', operator: '/', left: column('id'), right: column('secs') }),
    [3, 5],
  ],
  ['case', parsePredicate("case when ok then 'yes' else 'no' end = 'no'"), [2, 3, 5]],
]

export function testPredicates(bench: Bench): void {
  test.each(CASES)('%s', async (_name, where, expected) => {
    const table = await bench.table()
    await table.append(rowsOf(...ROWS), { batchId: 'a' })
    expect(await idsIn(table, { where })).toEqual(expected)
    const [figures] = await table.aggregate({ where, measures: [{ as: 'n', fn: 'count' }] })
    expect(figures?.n).toBe(expected.length)
  })

  test.each<[string, Predicate, string]>([
    ['text with a number', eq('name', 1), 'SCHEMA'],
    ['text that is not a time with a time', gt('at', 'yesterday'), 'CONFIGURATION'],
    ['a pattern that ends in an escape', like('name', 'a\\'), 'CONFIGURATION'],
    ['a look-ahead', matches('name', '(?=a)'), 'CONFIGURATION'],
  ])('%s is rejected', async (_name, where, code) => {
    const table = await bench.table()
    await table.append(rowsOf(...ROWS), { batchId: 'a' })
    await expect(idsIn(table, { where })).rejects.toMatchObject({ code })
  })
}
