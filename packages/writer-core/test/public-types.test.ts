import {
  type Anomaly,
  type AnomalySeverity,
  createLogWriter,
  type ExecutionContext,
  type LogRow,
  type LogRowInput,
  type LogRowWithExtras,
  type LogTable,
  memoryStorage,
  type QualityResult,
  type StepResult,
  type WriteOptions,
  type WriteResult,
  type WriterConfigInput,
  type WriterEvent,
} from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { expectTypeOf, test } from 'vitest'

test('a row takes dates, texts and unknown fields, and refuses values of another type', () => {
  expectTypeOf<{ run_id: string; phase: 'bronze'; start_time: Date }>().toExtend<LogRowInput>()
  expectTypeOf<{ start_time: string; my_own_field: number }>().toExtend<LogRowInput>()
  expectTypeOf<{ rows_processed: undefined }>().toExtend<LogRowInput>()
  expectTypeOf<{ phase: number }>().not.toExtend<LogRowInput>()
  expectTypeOf<{ duration_secs: string }>().not.toExtend<LogRowInput>()
})

test('rows and steps in a variable, as in the guide, have the type of rows and steps', () => {
  const rows = [
    { run_id: 'r', phase: 'bronze', step_name: 's', run_mode: 'initial', success: true, error_message: null },
  ]
  const context = { mode: 'initial', startTime: new Date(), executionId: 'e', pipelineId: 'p', schema: 's' }
  const steps = [{ stepName: 's', phase: 'bronze', rowsProcessed: 1, success: true, writeMode: 'append' }]
  expectTypeOf(rows).toExtend<LogRowInput[]>()
  expectTypeOf(context).toExtend<ExecutionContext>()
  expectTypeOf(steps).toExtend<StepResult[]>()
})

test('a misspelt field of a literal is an error, and columns of a log of its own have a type', () => {
  // @ts-expect-error: the field is named run_id.
  const misspelt: LogRowInput = { runId: 'r', phase: 'gold' }
  expectTypeOf(misspelt).toExtend<LogRowInput>()
  expectTypeOf<{ run_id: string; my_own_field: number }>().toExtend<LogRowWithExtras>()
  expectTypeOf<LogRowWithExtras>().toExtend<LogRowInput>()
})

test('a row that is read has every column, with its own type', () => {
  expectTypeOf<LogRow['run_id']>().toEqualTypeOf<string>()
  expectTypeOf<LogRow['start_time']>().toEqualTypeOf<string | null>()
  expectTypeOf<LogRow['rows_processed']>().toExtend<number | bigint | null>()
  expectTypeOf<LogRow['success']>().toExtend<boolean | null>()
})

test('options may be undefined, and misspelled ones are refused', () => {
  expectTypeOf<{ batchId: undefined; runId: string | undefined }>().toExtend<WriteOptions>()
  expectTypeOf<{ tableSchema: string; tableName: string; maxRetries: undefined }>().toExtend<WriterConfigInput>()
  expectTypeOf<{ tableSchema: string }>().not.toExtend<WriterConfigInput>()
  // @ts-expect-error: the option is named batchId.
  const options: WriteOptions = { batchID: 'x' }
  expectTypeOf(options).toEqualTypeOf<WriteOptions>()
})

test('a write resolves with its verdicts, and a listener gets the events of its type', async () => {
  await using writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
  })
  expectTypeOf(writer.writeLogRows).returns.resolves.toEqualTypeOf<WriteResult>()
  expectTypeOf<WriteResult['quality']>().toEqualTypeOf<QualityResult | undefined>()
  expectTypeOf<WriteResult['anomalies']>().toEqualTypeOf<readonly Anomaly[] | undefined>()
  expectTypeOf<Anomaly['severity']>().toEqualTypeOf<AnomalySeverity>()
  writer.on('written', (event) => {
    expectTypeOf(event).toEqualTypeOf<Extract<WriterEvent, { type: 'written' }>>()
  })
})

test('an optional method of a table must be asked for', () => {
  expectTypeOf<LogTable['append']>().not.toBeNullable()
  expectTypeOf<LogTable['merge']>().extract<undefined>().toEqualTypeOf<undefined>()
  expectTypeOf<LogTable['overwrite']>().extract<undefined>().toEqualTypeOf<undefined>()
})

test('every option of a function needs a check', () => {
  interface Options {
    readonly limit?: number | undefined
    readonly path: string
  }
  const check = (options: Options) => assertOptions('x', options, { limit: option.whole(), path: option.text })
  // @ts-expect-error: the option path has no check.
  const forgetful = (options: Options) => assertOptions('x', options, { limit: option.whole() })
  expectTypeOf(check).parameter(0).toEqualTypeOf<Options>()
  expectTypeOf(forgetful).parameter(0).toEqualTypeOf<Options>()
})
