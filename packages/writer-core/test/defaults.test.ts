import {
  createLogWriter,
  LOG_COLUMNS,
  type LogRowInput,
  type LogWriterOptions,
  memoryStorage,
} from '@forge/writer-core'
import { fieldReader } from '@forge/writer-core/storage'
import { makeRow } from '@forge/writer-core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

function open(more: Partial<LogWriterOptions> = {}) {
  const config = { tableSchema: 'analytics', tableName: 'logs' }
  return createLogWriter({ storage: memoryStorage(), config, ...more })
}

describe('defaults', () => {
  test('counts beyond 2^53 are derived exactly', async () => {
    const writer = await open()
    const processed = 10n ** 17n + 1n
    await writer.writeLogRows([
      makeRow({ step_name: 'a', rows_processed: processed }),
      makeRow({ step_name: 'b', rows_processed: processed, validation_rate: 75 }),
      makeRow({ step_name: 'c', valid_rows: processed, invalid_rows: 2 }),
      makeRow({ step_name: 'd', rows_processed: processed, invalid_rows: 1n }),
    ])
    const context = { mode: 'initial', startTime: new Date(), executionId: 'e', pipelineId: 'p', schema: 's' } as const
    const step = { stepName: 'e', phase: 'gold', rowsProcessed: processed, success: true } as const
    await writer.writeExecutionResult({ success: true, context, stepResults: [step, step], totalDurationSecs: 1 })
    const rows = await writer.showLogs({ print: false })
    const figures = rows.map((row) => [row.step_name, row.rows_processed, row.valid_rows, row.invalid_rows])
    expect(new Map(figures.map(([name, ...counts]) => [name, counts]))).toEqual(
      new Map([
        ['a', [processed, processed, 0]],
        ['b', [processed, 75_000_000_000_000_001n, 25_000_000_000_000_000n]],
        ['c', [processed + 2n, processed, 2]],
        ['d', [processed, processed - 1n, 1]],
        ['e', [processed, processed, 0]],
        ['p', [2n * processed, 2n * processed, 0]],
      ]),
    )
  })

  test('fieldReader reads a field as the writer stores it, whatever the row leaves out or sets to null', async () => {
    const some = <Kept>(value: fc.Arbitrary<Kept>) => fc.option(fc.option(value), { nil: undefined })
    const count = fc.oneof(fc.nat(1000), fc.constant(2n ** 60n))
    const rows = fc.record({
      phase: fc.constantFrom('bronze', 'pipeline'),
      run_id: some(fc.constant('r')),
      execution_id: some(fc.constant('e')),
      pipeline_id: some(fc.constant('shop')),
      step_name: some(fc.constant('load')),
      run_mode: some(fc.constant('initial')),
      start_time: some(fc.constantFrom('2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:09.000000Z')),
      end_time: some(fc.constant('2024-01-01T00:00:05.000000Z')),
      rows_processed: some(count),
      valid_rows: some(count),
      invalid_rows: some(count),
      validation_rate: some(fc.double({ min: 0, max: 100, noNaN: true })),
      success: some(fc.boolean()),
      error_message: some(fc.constant('no space')),
      metadata: some(fc.constant('{}')),
    })
    const now = new Date('2024-05-01T00:00:00Z')
    const read = fieldReader({ runId: 'call', schema: 'analytics', now })
    await fc.assert(
      fc.asyncProperty(rows, async (row) => {
        const writer = await open({ now: () => now })
        await writer.writeLogRows([row as LogRowInput], { runId: 'call' })
        const [stored] = await writer.showLogs({ print: false })
        const fields = LOG_COLUMNS.map(({ name }) => [name, read(row, name)])
        const plain = fields.map(([name, value]) => [name, value === now ? '2024-05-01T00:00:00.000000Z' : value])
        expect(Object.fromEntries(plain)).toEqual(stored)
        await writer.close()
      }),
      { numRuns: 60 },
    )
  })

  test('fields that a row leaves out get defaults or derived values', async () => {
    const now = new Date('2024-05-01T00:00:00Z')
    const writer = await open({ now: () => now })
    await writer.writeLogRows([
      {
        run_id: 'r',
        phase: 'silver',
        start_time: '2024-01-01T00:00:00.000001Z',
        end_time: '2024-01-01T00:00:01.500001Z',
        rows_processed: 200,
        validation_rate: 75,
      },
      {
        run_id: 'r',
        phase: 'pipeline',
        pipeline_id: 'shop',
        error_message: 'no space',
        valid_rows: 3,
        invalid_rows: 1,
      },
    ])
    const rows = await writer.showLogs({ print: false })
    expect(rows.find(({ phase }) => phase === 'silver')).toMatchObject({
      execution_id: 'r',
      run_mode: 'incremental',
      pipeline_id: 'unknown',
      schema: 'analytics',
      step_name: 'silver',
      step_type: 'step',
      duration_secs: 1.5,
      valid_rows: 150,
      invalid_rows: 50,
      success: true,
      created_at: '2024-05-01T00:00:00.000000Z',
    })
    expect(rows.find(({ phase }) => phase === 'pipeline')).toMatchObject({
      step_name: 'shop',
      step_type: 'run',
      rows_processed: 4,
      validation_rate: 75,
      success: false,
    })
  })
})
