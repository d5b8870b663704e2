import { createRandom } from '@forge/fixtures'
import { expect, test } from 'vitest'
import { Ledger } from '../src/ledger.ts'
import { applyOperation, differences, type State } from '../src/model.ts'
import type { JournalLine, Operation } from '../src/operation.ts'
import { planEpisode, type WorkerPlan } from '../src/plan.ts'

const rows = (from: number, to: number, value = 7) => ({ from, to, value })
const append = (batchId: string, from: number, to: number): Operation => ({
  kind: 'append',
  batchId,
  rows: rows(from, to),
})

function stateAfter(operations: readonly Operation[]): State {
  return operations.reduce((state: State, operation) => applyOperation(state, 'w', operation), new Map())
}

function end(operations: readonly Operation[], lines: readonly JournalLine[], wasKilled = false) {
  const plan: WorkerPlan = { prefix: 'w', operations, clockShiftMs: 0, idleMs: 0, killAfter: undefined, killDelayMs: 0 }
  return { plan, lines, wasKilled, errors: '', code: wasKilled ? null : 0 }
}

test('the model follows each operation', () => {
  const state = stateAfter([
    append('a', 0, 3),
    { kind: 'merge', batchId: 'b', rows: rows(2, 4, 9), whenMatched: 'update' },
    { kind: 'merge', batchId: 'c', rows: rows(3, 5, 1), whenMatched: 'ignore' },
    { kind: 'delete', batchId: 'd', below: 5 },
  ])
  expect(Object.fromEntries(state)).toEqual({ 'w/0': [7], 'w/1': [7], 'w/2': [9], 'w/3': [9] })
})

test('rows that are missing, additional or changed are differences', () => {
  const must = stateAfter([append('a', 0, 2)])
  const actual: State = new Map([
    ['w/0', [7, 7]],
    ['x/9', [1]],
  ])
  expect(differences(must, must)).toEqual([])
  expect(differences(must, actual)).toEqual([
    'w/0: must be [7], is [7,7]',
    'w/1: must be [7], is []',
    'x/9: must be [], is [1]',
  ])
})

test('an acknowledged append belongs to the state, one that a kill cut off is uncertain', () => {
  const ledger = new Ledger()
  const lines: JournalLine[] = [
    { at: 0, state: 'started' },
    { at: 0, state: 'done', version: 0 },
    { at: 1, state: 'started' },
  ]
  const { uncertain, faults } = ledger.take(end([append('a', 0, 2), append('b', 2, 4)], lines, true), false)
  expect(faults).toEqual([])
  expect(uncertain.map(({ operation }) => operation.batchId)).toEqual(['b'])
  expect([...ledger.state().keys()]).toEqual(['w/0', 'w/1'])
})

test('a version that two appends were given, a wrong count, a second store and an untyped error are faults', () => {
  const ledger = new Ledger()
  const operations: Operation[] = [
    append('a', 0, 2),
    append('b', 2, 4),
    { kind: 'count' },
    { kind: 'retry', batchId: 'a', prefix: 'w', rows: rows(0, 2) },
    append('c', 4, 5),
  ]
  const lines: JournalLine[] = [
    { at: 0, state: 'done', version: 0 },
    { at: 1, state: 'done', version: 0 },
    { at: 2, state: 'done', count: 3 },
    { at: 3, state: 'done', version: 1, alreadyWritten: false },
    { at: 4, state: 'failed', code: 'UNTYPED', committed: 'no', message: 'x' },
  ]
  expect(ledger.take(end(operations, lines), false).faults).toHaveLength(4)
})

test('a seed plans the same episode each time', () => {
  const plan = () => planEpisode(createRandom(5), { storage: 'duckdb', name: 'e0', known: [] })
  expect(plan()).toEqual(plan())
})

test.each([
  ['duckdb', ['network', 'network-kill', 'outage']],
  ['delta', ['network', 'network-kill', 'outage', 'lost-log', 'cut-log', 'foreign-log', 'older-file']],
  ['s3', ['full-disk', 'damage', 'lost-log', 'cut-log', 'foreign-log', 'older-file']],
] as const)('a table of %s meets only faults that it can have', (storage, others) => {
  const random = createRandom(1)
  const faults = Array.from({ length: 200 }, () => planEpisode(random, { storage, name: 'e', known: [] }).fault)
  for (const fault of others) expect(faults).not.toContain(fault)
  expect(faults).toContain('kill')
})
