import { batchFromRows, column, type Expression, literal, type Predicate } from '@forge/writer-core'
import { evaluatePredicate } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUnknownForNull } from '../src/judge/null-strict.ts'

const COLUMNS = ['a', 'b'].map((name) => ({ name, type: 'int64', nullable: true }) as const)

const { predicate } = fc.letrec<{ expression: Expression; predicate: Predicate }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(column('a'), column('b'), literal(1)),
    fc.record({
      kind: fc.constant('arithmetic' as const),
      operator: fc.constantFrom('+', '/'),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({
      kind: fc.constant('function' as const),
      name: fc.constantFrom('abs', 'coalesce'),
      args: fc.tuple(tie('expression')),
    }),
  ),
  predicate: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      op: fc.constant('compare' as const),
      operator: fc.constantFrom('=', '<'),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ op: fc.constant('isNull' as const), value: tie('expression') }),
    fc.record({
      op: fc.constant('in' as const),
      value: tie('expression'),
      list: fc.constantFrom([], [1, 2], [1, null]),
    }),
    fc.record({
      op: fc.constant('between' as const),
      value: tie('expression'),
      low: tie('expression'),
      high: tie('expression'),
    }),
    fc.record({ op: fc.constant('not' as const), arg: tie('predicate') }),
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      args: fc.array(tie('predicate'), { maxLength: 3 }),
    }),
  ),
}))

test('what is said to be unknown for a null is unknown, whatever stands in the other column', () => {
  const rows = batchFromRows(COLUMNS, [
    { a: null, b: null },
    { a: null, b: 1 },
    { a: null, b: 5 },
  ])
  let said = 0
  fc.assert(
    fc.property(predicate, (condition) => {
      if (!isUnknownForNull(condition, 'a')) return
      said++
      expect([...evaluatePredicate(condition, rows)]).toEqual([2, 2, 2])
    }),
    { numRuns: 2000 },
  )
  expect(said).toBeGreaterThan(50)
})
