import { afterEach, expect, test } from 'vitest'
import { STEP_FINDINGS } from '../src/findings/registry.ts'
import type { StepContext } from '../src/findings/step-finding.ts'
import { daily, wobble } from './daily-rows.ts'
import { findAnomalies } from './find-anomalies.ts'

const finds = STEP_FINDINGS.map(({ find }) => find)
afterEach(() => {
  for (const [at, finding] of STEP_FINDINGS.entries()) Object.assign(finding, { find: finds[at] })
})

/** Shows everything that a finding can reach, including maps and sets. */
function textOf({ state, figures, errors }: StepContext): string {
  return JSON.stringify({ state, figures, errors }, (_key, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  )
}

test('a finding changes nothing when it is asked: only learn does', { tags: 'many-cases' }, () => {
  const changed = new Set<number>()
  for (const [at, finding] of STEP_FINDINGS.entries()) {
    Object.assign(finding, {
      find: (context: StepContext) => {
        const before = textOf(context)
        const anomaly = finds[at]?.(context)
        if (textOf(context) !== before) changed.add(at)
        return anomaly
      },
    })
  }
  const course = (day: number) => {
    if (day < 60) return {}
    if (day < 110) return { duration_secs: 165 * wobble(day, 0.04) }
    if (day < 170) return { duration_secs: 165 * wobble(day, 0.5) }
    return day < 175 ? { rows_processed: 0, rows_written: 0 } : { rows_processed: 777, rows_written: 777 }
  }
  const growth = (day: number) => ({ duration_secs: 118 * 1.01 ** day * wobble(day, 0.03) })
  const found = [...findAnomalies(daily(220, course)), ...findAnomalies(daily(90, growth))]
  expect(found.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['level_shift', 'trend', 'variance_change', 'zero_rows', 'stuck_value']),
  )
  expect([...changed]).toEqual([])
})
