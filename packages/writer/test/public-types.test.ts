import {
  type CreateWriterOptions,
  createWriter,
  type DeltaStorage,
  type DuckdbStorage,
  deltaStorage,
  duckdbStorage,
  isWriterError,
  type LogWriter,
  type MemoryStorage,
  memoryStorage,
  type Rule,
  rules,
  type Writer,
  type WriterError,
  type WriterErrorCode,
} from '@forge/writer'
import { expectTypeOf, test } from 'vitest'

test('createWriter takes a place and every setting, and refuses misspelt ones', () => {
  expectTypeOf(createWriter).returns.resolves.toEqualTypeOf<Writer>()
  expectTypeOf<Writer>().toExtend<LogWriter>()
  expectTypeOf<{ path: string; tableSchema: string; tableName: string }>().toExtend<CreateWriterOptions>()
  expectTypeOf<{ path: undefined; tableSchema: string; tableName: string }>().toExtend<CreateWriterOptions>()
  expectTypeOf<{ path: string; tableSchema: string }>().not.toExtend<CreateWriterOptions>()
  expectTypeOf<{ tableSchema: string; tableName: string; now: Date }>().not.toExtend<CreateWriterOptions>()
  const settings = { path: 'logs.duckdb', tableSchema: 'analytics', tableName: 'pipeline_logs' }
  // @ts-expect-error: the setting is named batchSize.
  const misspelt: CreateWriterOptions = { ...settings, batchSise: 7 }
  // @ts-expect-error: this is not a write mode.
  const wrong: CreateWriterOptions = { ...settings, writeMode: 'upsert' }
  expectTypeOf([misspelt, wrong]).toEqualTypeOf<CreateWriterOptions[]>()
})

test('isWriterError narrows an unknown error, and knows the codes', () => {
  const narrow = (error: unknown) => (isWriterError(error, 'CONCURRENCY') ? error : undefined)
  expectTypeOf(narrow).returns.toExtend<WriterError | undefined>()
  expectTypeOf<WriterError['code']>().toEqualTypeOf<WriterErrorCode>()
  expectTypeOf<WriterError['committed']>().toEqualTypeOf<'no' | 'yes' | 'unknown' | undefined>()
  // @ts-expect-error: this is not a code of an error.
  expectTypeOf(isWriterError).toBeCallableWith(new Error('x'), 'OUT_OF_LUCK')
})

test('rules name any column with options of their own', () => {
  expectTypeOf(rules.range('duration_secs', { min: 0 })).toExtend<Rule>()
  expectTypeOf(rules.notNull('run_id')).toExtend<Rule>()
  // @ts-expect-error: a rule on the whole table has no share of rows.
  const useShare = () => rules.rowCount({ min: 1, mostly: 0.5 })
  // @ts-expect-error: the option is named min.
  const misspell = () => rules.range('duration_secs', { min: 0, maximum: 1 })
  expectTypeOf([useShare, misspell]).toExtend<(() => Rule)[]>()
})

test('a storage has the methods that it implements, without a question', () => {
  expectTypeOf(memoryStorage).returns.toEqualTypeOf<MemoryStorage>()
  expectTypeOf(duckdbStorage).returns.toEqualTypeOf<DuckdbStorage>()
  expectTypeOf(deltaStorage).returns.toEqualTypeOf<DeltaStorage>()
  expectTypeOf<DuckdbStorage['doctor']>().not.toBeNullable()
  expectTypeOf<DeltaStorage['repair']>().not.toBeNullable()
  expectTypeOf<MemoryStorage['appendAll']>().not.toBeNullable()
  // @ts-expect-error: the option is named idleMs.
  const misspell = () => duckdbStorage({ path: 'logs.duckdb', idleSecs: 1 })
  // @ts-expect-error: a path is text.
  const giveNumber = () => deltaStorage({ path: 7 })
  expectTypeOf([misspell, giveNumber]).toExtend<(() => DuckdbStorage | DeltaStorage)[]>()
})
