import { gt, isWriterError } from '@forge/writer-core'
import { defineRule, defineRules, RULE_KINDS, type Rule, ruleFromSpec } from '@forge/writer-quality'
import { range } from '@forge/writer-quality/rules'
import { describe, expect, expectTypeOf, test } from 'vitest'

test('a rule is data with a name and a description made of its options', () => {
  expect(range('duration_secs', { min: 0, max: 3600 })).toMatchObject({
    name: 'range(duration_secs)',
    kind: 'range',
    columns: ['duration_secs'],
    severity: 'error',
    mostly: 1,
    description: 'duration_secs is from 0 to 3600',
  })
})

test('a rule of a file is the rule of its factory', () => {
  const spec = { rule: 'range', column: 'duration_secs', min: 0, max: 3600, severity: 'warning', mostly: 0.99 } as const
  expect(ruleFromSpec(spec)).toEqual(range('duration_secs', { min: 0, max: 3600, severity: 'warning', mostly: 0.99 }))
})

test('the condition of a rule is read from the words of SQL', () => {
  const rule = ruleFromSpec({ rule: 'notNull', column: 'rows_written', where: "phase = 'gold'" })
  expect(rule.where).toMatchObject({ op: 'compare', operator: '=' })
})

test('names of columns are held to those of the log, or to those that one names', () => {
  const made = defineRules(range('duration_secs', { min: 0 }), range('rows_processed', { min: 1 }))
  expectTypeOf(made[0]).toExtend<Rule | undefined>()
  // @ts-expect-error: no column of the log
  defineRules(range('duraton_secs', { min: 0 }))
  defineRules<'team'>(range('team', { min: 0 }))
  expect(made).toHaveLength(2)
})

test('a rule of one own judges by its predicate', () => {
  const rule = defineRule({ name: 'paid', check: { kind: 'row', passes: gt('rows_written', 0) } })
  expect(rule).toMatchObject({ name: 'paid', kind: 'custom', columns: ['rows_written'] })
})

describe('a wrong rule is refused with what is wrong', () => {
  const deep = `${'not ('.repeat(5000)}a > 1${')'.repeat(5000)}`
  let tree: unknown = { op: 'true' }
  for (let level = 0; level < 50_000; level++) tree = { op: 'not', arg: tree }
  test.each<[string, unknown]>([
    ['no such kind', { rule: 'nope' }],
    ['the prototype for a kind', { rule: '__proto__' }],
    ['null', null],
    ['no bound', { rule: 'range', column: 'a' }],
    ['bounds upside down', { rule: 'range', column: 'a', min: 2, max: 1 }],
    ['a share beyond 1', { rule: 'notNull', column: 'a', mostly: 99 }],
    ['an unknown option', { rule: 'notNull', column: 'a', mosty: 1 }],
    ['mostly of a rule that judges no row', { rule: 'rowCount', min: 1, mostly: 0.5 }],
    ['a pattern with look-ahead', { rule: 'matches', column: 'a', pattern: '(?=a)b' }],
    ['a pattern that is too long', { rule: 'matches', column: 'a', pattern: '(a{1000}){1000}'.repeat(1000) }],
    ['a condition nested 5000 deep', { rule: 'expression', expression: deep }],
    ['a predicate nested 50000 deep', { rule: 'notNull', column: 'a', where: tree }],
    ['a statement', { rule: 'expression', expression: 'a > 1; drop table logs' }],
    ['a subquery', { rule: 'expression', expression: 'a in (select 1)' }],
    ['a predicate of an unknown kind', { rule: 'notNull', column: 'a', where: { op: 'sql', text: 'drop' } }],
  ])('%s', (_what, spec) => {
    expect(refusal(spec)).toSatisfy((error) => isWriterError(error, 'CONFIGURATION'))
  })

  test('every problem is named at once', () => {
    expect(refusal({ rule: 'length', column: '', min: -1, severity: 'fatal' })).toMatchObject({
      context: {
        problems: [{ setting: 'column' }, { setting: 'min' }, { setting: 'severity' }],
      },
    })
  })
})

test('every kind can be named by a rule file', () => {
  expect([...RULE_KINDS.keys()]).toEqual(
    expect.arrayContaining(['notNull', 'unique', 'range', 'oneOf', 'matches', 'expectedSteps', 'expression']),
  )
})

function refusal(spec: unknown): unknown {
  try {
    return ruleFromSpec(spec as { rule: string })
  } catch (error) {
    return error
  }
}
