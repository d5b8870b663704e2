import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportAnalyticsData } from '../src/index.ts'
import { onEveryStorage } from './logs.ts'

onEveryStorage((open) => {
  test('cells that a spreadsheet would run are counted, unless they are neutralized or are figures', async () => {
    await using log = await open()
    await log.write([
      { run_id: '=1', phase: 'gold', step_name: 'a', memory_usage_mb: 5, error_message: '+1,"quoted"' },
      { run_id: 'r', phase: 'gold', step_name: '@b', memory_usage_mb: 1, error_message: '1-1' },
    ])
    const counted: number[] = []
    const onFormulas = (cells: number) => void counted.push(cells)
    const write = (name: string, columns: readonly string[], neutralizeFormulas = false) =>
      exportAnalyticsData(log.source, {
        format: 'csv',
        path: join(log.directory, name),
        columns,
        neutralizeFormulas,
        onFormulas,
      })
    const columns = ['run_id', 'step_name', 'memory_usage_mb', 'error_message']
    await write('plain.csv', columns)
    expect(counted).toEqual([3])
    await write('neutral.csv', columns, true)
    await write('figures.csv', ['memory_usage_mb'])
    expect(counted).toEqual([3])
  })
})
