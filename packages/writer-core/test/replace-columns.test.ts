import { and, column, describePredicate, eq, gt, isIn, jsonField, not, parsePredicate } from '@forge/writer-core'
import { COMPANIONS, companionOf, nearestNames, replaceColumns, tablesNextTo } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'

const NEW = { pipeline_id: column('pipeline'), run_id: jsonField('alert', 'runId'), metadata: column('details') }

test('all columns of a condition are replaced by their expressions, also inside others', () => {
  const where = and(eq('pipeline_id', 'p'), not(isIn('run_id', ['a'])), eq(jsonField('metadata', 'user'), 'ada'))
  const replaced = replaceColumns(where, (name) => Reflect.get(NEW, name))
  expect(replaced).toEqual(
    and(eq('pipeline', 'p'), not(isIn(jsonField('alert', 'runId'), ['a'])), eq(jsonField('details', 'user'), 'ada')),
  )
})

test.each(['phase', "case when success then phase else step_name end = 'x'", "lower(coalesce(step_name, 'x')) = 'x'"])(
  'a condition on a column without an expression is not replaced: %s',
  (text) => {
    const where = text === 'phase' ? gt('phase', 'a') : parsePredicate(text)
    expect(replaceColumns(where, (name) => Reflect.get(NEW, name))).toBeUndefined()
    const kept = replaceColumns(where, column)
    expect(kept && describePredicate(kept)).toBe(describePredicate(where))
  },
)

test('companions are recognised by the suffix of their name', () => {
  expect(companionOf({ schema: 's', name: 'log_anomaly_feedback' })?.suffix).toBe('anomaly_feedback')
  expect(companionOf({ schema: 's', name: 'log_2024' })).toBeUndefined()
  const names = ['log', 'log_quality', 'log_2024_quality', 'other_quality', 'logs_quality']
  const tables = names.map((name) => ({ schema: 's', name }))
  expect(tablesNextTo({ schema: 's', name: 'log' }, tables).map(({ name }) => name)).toEqual([
    'log_quality',
    'log_2024_quality',
  ])
  expect(new Set(COMPANIONS.map(({ suffix }) => suffix)).size).toBe(COMPANIONS.length)
})

test.each([
  ['shpo', 'shop'],
  ['Shop ', 'shop'],
  ['order', 'orders'],
  ['etl-customers', 'etl_customers'],
  ['custmers', 'etl_customers'],
])('the nearest name to %s is %s', (given, meant) => {
  expect(nearestNames(given, ['shop', 'orders', 'etl_customers', 'x'])[0]).toBe(meant)
})

test('a name that is not similar to any other has no nearest name, however many and long the others are', () => {
  expect(nearestNames('zzzzzz', ['shop', 'orders'])).toEqual([])
  const long = Array.from({ length: 2000 }, (_none, at) => `${'a'.repeat(5000)}${at}`)
  expect(nearestNames('b'.repeat(5000), long)).toEqual([])
})
