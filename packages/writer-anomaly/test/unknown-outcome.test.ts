import { expect, test } from 'vitest'
import { stepRunsOfRows } from '../src/index.ts'

test('a step whose outcome is not known is there, but neither failed nor has figures', () => {
  const row = {
    run_id: 'r',
    phase: 'gold',
    step_name: 's',
    success: false,
    duration_secs: 5,
    rows_processed: 7,
  } as const
  const [odd, bad] = stepRunsOfRows(
    [
      { ...row, metadata: { status: 'unknown' } },
      { ...row, metadata: { status: 'failed' } },
    ],
    0,
  )
  expect(odd).toMatchObject({
    step: 's',
    success: true,
    durationSecs: Number.NaN,
    rows: Number.NaN,
    validationRate: Number.NaN,
  })
  expect(bad).toMatchObject({ success: false, durationSecs: 5 })
})
