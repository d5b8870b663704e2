import {
  createLogWriter,
  type LogRowInput,
  type LogWriter,
  type LogWriterOptions,
  memoryStorage,
  tableSource,
  type WriterError,
} from '@forge/writer-core'
import { makeRow } from '@forge/writer-core/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

const opened: LogWriter[] = []
afterEach(async () => {
  for (const writer of opened.splice(0)) await writer.close()
})

async function open(config: Partial<LogWriterOptions['config']> = {}) {
  const table = { tableSchema: 'analytics', tableName: 'logs' }
  const writer = await createLogWriter({ storage: memoryStorage(), config: { ...table, ...config } })
  opened.push(writer)
  return writer
}

async function errorOf(promise: Promise<unknown>): Promise<WriterError> {
  try {
    await promise
  } catch (error) {
    return error as WriterError
  }
  throw new Error('nothing was thrown')
}

describe('a writer rejects', () => {
  test('invalid rows with a list of all problems, and stores nothing', async () => {
    const writer = await open()
    const rows = [makeRow(), makeRow({ duration_secs: -1, phase: 'lead' as 'gold' }), makeRow({ run_id: '' })]
    const error = await errorOf(writer.writeLogRows(rows))
    expect(error).toMatchObject({ code: 'VALIDATION', committed: 'no' })
    expect(error.context.problems).toMatchObject([
      { row: 1, field: 'phase' },
      { row: 1, field: 'duration_secs' },
      { row: 2, field: 'run_id' },
    ])
    expect((await writer.getTableInfo()).exists).toBe(false)
  })

  test('rows that are not objects, also from a generator', async () => {
    const writer = await open()
    function* rows() {
      yield makeRow()
      yield 7 as never
    }
    const error = await errorOf(writer.writeLogRows(rows()))
    expect(error.context.problems).toEqual([{ row: 1, field: '(row)', expected: 'an object' }])
  })

  test('settings that have no effect', async () => {
    const error = await errorOf(open({ enableAnomalyDetection: true, minValidationRate: 90, lockTimeoutMs: 5 }))
    expect(error.code).toBe('CONFIGURATION')
    expect(error.context.problems).toMatchObject([
      { setting: 'minValidationRate' },
      { setting: 'enableAnomalyDetection' },
    ])
    const withoutEngine = await errorOf(open({ lockTimeoutMs: 5 }))
    expect(withoutEngine.context.problems).toMatchObject([{ setting: 'lockTimeoutMs' }])
  })

  test('settings of the engine that a read-only storage does not support', () => {
    const config = { tableSchema: 'analytics', tableName: 'logs', memoryFraction: 0.25 }
    expect(() => tableSource({ storage: memoryStorage(), config })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        context: { problems: [expect.objectContaining({ setting: 'memoryFraction' })] },
      }),
    )
    const configureEngine = vi.fn()
    tableSource({ storage: { ...memoryStorage(), configureEngine }, config })
    expect(configureEngine).toHaveBeenCalledWith({ memoryFraction: 0.25 })
  })

  test('columns that cannot be redacted', async () => {
    expect((await errorOf(open({ redact: ['duration_secs'] }))).code).toBe('CONFIGURATION')
  })

  test('values that are not rows', async () => {
    const writer = await open()
    for (const rows of [undefined, 'rows', makeRow()] as never[]) {
      expect(await errorOf(writer.writeLogRows(rows))).toMatchObject({ code: 'VALIDATION', committed: 'no' })
    }
  })

  test('an idempotent write without a run id, which could never be repeated', async () => {
    const writer = await open()
    const row: LogRowInput = { phase: 'gold', step_name: 'load' }
    const writing = writer.writeLogRows([makeRow(), row], { idempotent: true })
    expect(await errorOf(writing)).toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
    await writer.writeLogRows([row], { idempotent: true, runId: 'run-2' })
    await writer.writeLogRows([makeRow()], { idempotent: true })
    expect((await writer.getTableInfo()).rowCount).toBe(2)
  })

  test('unknown fields of an execution context', async () => {
    const context = { mode: 'initial', startTime: new Date(), executionId: 'e', pipelineId: 'p', schema: 's' } as const
    const wider = { ...context, region: 'north' }
    const step = { stepName: 'a', phase: 'gold', rowsProcessed: 1, success: true } as const
    const result = { success: true, context, stepResults: [step], totalDurationSecs: 1 }
    const strict = await open()
    for (const writing of [
      strict.writeExecutionResult({ ...result, context: wider }),
      strict.writeExecutionResult({ ...result, stepResults: [{ ...step, executionContext: wider }] }),
      strict.writeStepResults([step], wider),
    ]) {
      const { context } = await errorOf(writing)
      expect(JSON.stringify(context)).toContain('region')
    }
    const lenient = await open({ schemaValidationMode: 'lenient' })
    await lenient.writeExecutionResult({ ...result, context: wider })
    await lenient.writeStepResults([{ ...step, stepName: 'b' }], wider)
    const rows = await lenient.showLogs({ print: false })
    const kept = rows.filter(({ metadata }) => metadata === '{"region":"north"}').map((row) => row.step_name)
    expect(kept.sort()).toEqual(['b', 'p'])
  })

  test('a column to redact that the table does not have', async () => {
    const writer = await open({ redact: ['eror_message'] })
    expect(await errorOf(writer.writeLogRows([makeRow()]))).toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  })

  test('an empty batch id', async () => {
    const writer = await open()
    expect((await errorOf(writer.writeLogRows([makeRow()], { batchId: '' }))).code).toBe('CONFIGURATION')
  })
})
