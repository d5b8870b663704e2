import {
  batchFromRows,
  type Expression,
  endExpression,
  LOG_COLUMNS,
  readEnd,
  readRunStart,
  readStart,
  runStartExpression,
  startExpression,
} from '@forge/writer-core'
import { evaluateExpression, isoFromMicros } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const START = '2024-05-01T10:00:00.000000Z'
const RUN_START = '2024-05-01T09:00:00.000000Z'
const END = '2024-05-01T11:00:00.000000Z'
const RUN_END = '2024-05-01T12:00:00.000000Z'
const CREATED = '2024-05-02T00:00:00.000000Z'
const ALL = {
  start_time: START,
  run_started_at: RUN_START,
  end_time: END,
  run_ended_at: RUN_END,
  created_at: CREATED,
}

const textOf = (micros: bigint | undefined) => micros && isoFromMicros(micros)

describe('the times of a row', () => {
  it('a row starts at its own start, then at the start of its run, at its end, or when it was recorded', () => {
    expect(textOf(readStart(ALL))).toBe(START)
    expect(textOf(readStart({ ...ALL, start_time: null }))).toBe(RUN_START)
    expect(textOf(readStart({ end_time: END, run_ended_at: RUN_END, created_at: CREATED }))).toBe(END)
    expect(textOf(readStart({ created_at: CREATED }))).toBe(CREATED)
    expect(readStart({})).toBeUndefined()
  })

  it('a run starts at its own start before that of the row', () => {
    expect(textOf(readRunStart(ALL))).toBe(RUN_START)
    expect(textOf(readRunStart({ ...ALL, run_started_at: undefined }))).toBe(START)
  })

  it('a row ends at its own end, then with its run, then after its duration, and never when it was recorded', () => {
    expect(textOf(readEnd({ ...ALL, duration_secs: 1 }))).toBe(END)
    expect(textOf(readEnd({ ...ALL, end_time: null }))).toBe(RUN_END)
    expect(textOf(readEnd({ start_time: START, duration_secs: 1.5 }))).toBe('2024-05-01T10:00:01.500000Z')
    expect(readEnd({ start_time: START, duration_secs: 0, created_at: CREATED })).toBeUndefined()
    expect(textOf(readEnd({ start_time: START, duration_secs: 1e300 }))).toBe('9999-12-31T23:59:59.999999Z')
  })

  it('a time that the writer rejects is skipped: text without a zone, a date that does not exist, an invalid Date', () => {
    for (const start_time of ['2024-05-01T10:00:00', '2024-02-30T10:00:00Z', 'yesterday', new Date(Number.NaN), 5]) {
      expect(textOf(readStart({ ...ALL, start_time }))).toBe(RUN_START)
    }
    expect(textOf(readStart({ start_time: new Date(START) }))).toBe(START)
    expect(textOf(readStart({ start_time: '2024-05-01T12:00:00+02:00' }))).toBe(START)
  })

  it('expressions on stored rows return the same times as the functions', () => {
    const time = fc.option(fc.constantFrom(START, RUN_START, END, RUN_END, CREATED))
    const times = fc.record({
      start_time: time,
      run_started_at: time,
      end_time: time,
      run_ended_at: time,
      created_at: time,
    })
    const columns = LOG_COLUMNS.filter(({ name }) => name in ALL)
    fc.assert(
      fc.property(times, (row) => {
        const batch = batchFromRows(columns, [row])
        const evaluate = (expression: Expression | undefined) =>
          expression && (evaluateExpression(expression, batch)[0] ?? undefined)
        expect(evaluate(startExpression(columns))).toBe(textOf(readStart(row)))
        expect(evaluate(runStartExpression(columns))).toBe(textOf(readRunStart(row)))
        expect(evaluate(endExpression(columns))).toBe(textOf(readEnd(row)))
      }),
    )
  })

  it('a table without times, or with times as text, has no such expression', () => {
    const columns = [{ name: 'start_time', type: 'string', nullable: true }] as const
    expect(startExpression(columns)).toBeUndefined()
    expect(runStartExpression([])).toBeUndefined()
    expect(endExpression(columns)).toBeUndefined()
  })
})
