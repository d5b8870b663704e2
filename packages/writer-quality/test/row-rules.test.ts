import { type LogRowInput, memoryStorage, tableSource } from '@forge/writer-core'
import { type Rule, validateLogDataQuality } from '@forge/writer-quality'
import { compareColumns, expression, length, matches, notNull, oneOf, range, type } from '@forge/writer-quality/rules'
import { expect, test } from 'vitest'

const text = (error_message: string | null): LogRowInput => ({ phase: 'gold', error_message })
const secs = (duration_secs: number): LogRowInput => ({ phase: 'gold', duration_secs })
const rowsWritten = (rows_written: number | null): LogRowInput => ({ phase: 'gold', rows_written, rows_processed: 5 })
const start = (start_time: string | null): LogRowInput => ({ phase: 'gold', start_time })

test.each<[Rule, { passes: LogRowInput[]; fails: LogRowInput[]; unjudged: LogRowInput[] }]>([
  [notNull('error_message'), { passes: [text('')], fails: [text(null)], unjudged: [] }],
  [
    range('rows_written', { min: 1, max: 3 }),
    {
      passes: [rowsWritten(1), rowsWritten(3)],
      fails: [rowsWritten(0), rowsWritten(4)],
      unjudged: [rowsWritten(null)],
    },
  ],
  [
    range('start_time', { max: new Date('2024-01-01T00:00:00Z') }),
    {
      passes: [start('2024-01-01T01:00:00+01:00')],
      fails: [start('2024-01-01T00:00:00.000001Z')],
      unjudged: [start(null)],
    },
  ],
  [range('duration_secs', { max: 9 }), { passes: [secs(9)], fails: [secs(Number.NaN)], unjudged: [] }],
  [
    oneOf('error_message', { values: ['a', '😀'] }),
    { passes: [text('😀')], fails: [text('A'), text('')], unjudged: [text(null)] },
  ],
  [
    matches('error_message', { pattern: '^[a-z]+$' }),
    { passes: [text('abc')], fails: [text('abc1'), text('')], unjudged: [text(null)] },
  ],
  [
    matches('error_message', { pattern: '(a*)*b' }),
    { passes: [text('ab')], fails: [text('a'.repeat(100_000))], unjudged: [text(null)] },
  ],
  [
    length('error_message', { min: 1, max: 2 }),
    { passes: [text('😀😀')], fails: [text(''), text('abc')], unjudged: [text(null)] },
  ],
  [
    type('error_message', { type: 'integer' }),
    { passes: [text('-12')], fails: [text('1.5'), text(''), text('12\n')], unjudged: [text(null)] },
  ],
  [
    type('error_message', { type: 'number' }),
    { passes: [text('1.5e-3'), text('.5')], fails: [text('1,5'), text('.')], unjudged: [text(null)] },
  ],
  [
    type('error_message', { type: 'timestamp' }),
    { passes: [text('2024-02-29T23:59:59.5+02:00')], fails: [text('2024-13-01T00:00Z'), text('today')], unjudged: [] },
  ],
  [type('duration_secs', { type: 'integer' }), { passes: [secs(2)], fails: [secs(2.5)], unjudged: [] }],
  [type('rows_written', { type: 'boolean' }), { passes: [], fails: [rowsWritten(1)], unjudged: [rowsWritten(null)] }],
  [
    compareColumns('rows_written', { operator: '<', other: 'rows_processed' }),
    { passes: [rowsWritten(4)], fails: [rowsWritten(5)], unjudged: [rowsWritten(null)] },
  ],
  [
    expression("rows_written < 5 OR error_message LIKE 'x%'"),
    { passes: [rowsWritten(4), rowsWritten(null)], fails: [{ ...rowsWritten(9), error_message: 'y' }], unjudged: [] },
  ],
])('$name passes, fails and leaves rows unjudged', async (rule, { passes, fails, unjudged }) => {
  const source = tableSource({ storage: memoryStorage(), config: { tableSchema: 'a', tableName: 'logs' } })
  const judge = async (rows: LogRowInput[]) => {
    const [outcome] = (await validateLogDataQuality(source, rows, { validationRules: [rule] })).outcomes
    return { checked: outcome?.checkedRows, failing: outcome?.failingRows }
  }
  expect(await judge(passes)).toEqual({ checked: passes.length, failing: 0 })
  expect(await judge(fails)).toEqual({ checked: fails.length, failing: fails.length })
  expect(await judge(unjudged)).toEqual({ checked: 0, failing: 0 })
})
