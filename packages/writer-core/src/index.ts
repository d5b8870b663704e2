export type { ColumnVector, LogBatch, Validity } from './batch/log-batch.ts'
export { batchFromRows, batchRow, batchRows, valueAt } from './batch/rows.ts'
export {
  concatBatches,
  copyBatch,
  emptyBatch,
  selectColumns,
  takeRows,
  unknownColumns,
  vectorOf,
} from './batch/select.ts'
export { hasNoNull, isAllNull, isValid } from './batch/validity.ts'
export { wellFormedJson } from './batch/well-formed-json.ts'
export type { ColumnDefinition } from './column/column-definition.ts'
export { assertNewColumns, findColumn } from './column/column-names.ts'
export type { Row, Value } from './column/column-type.ts'
export {
  type ColumnType,
  type DecimalShape,
  type DecimalType,
  decimalShape,
  decimalType,
  exactShape,
  isDecimal,
  isNested,
  type NestedType,
  type PlainType,
} from './column/column-type.ts'
export {
  compareDecimals,
  type Decimal,
  decimalText,
  doubleOf,
  parseDecimal,
} from './column/decimal.ts'
export { assertIdentifier } from './column/identifier.ts'
export { type NestedField, type NestedShape, nestedShape, nestedType } from './column/nested-type.ts'
export { valuesFromEnvironment, variableOf } from './config/environment.ts'
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from './config/load-config.ts'
export { writerConfig } from './config/make-config.ts'
export { readConfigFile } from './config/read-config-file.ts'
export { generateTableName, type TableNameValues } from './config/table-name.ts'
export type {
  AlertSettings,
  RetentionSettings,
  ServiceLevelSettings,
  WriterConfig,
  WriterConfigInput,
} from './config/writer-config.ts'
export { type EncodeOptions, encodeLogRows, inferColumns } from './encode/encode-log-rows.ts'
export { convertValue } from './encode/lenient.ts'
export {
  WriterConcurrencyError,
  WriterConfigurationError,
  WriterDataQualityError,
  WriterPerformanceError,
  WriterSchemaError,
  WriterTableError,
  WriterUnsupportedError,
  WriterValidationError,
} from './errors/kinds.ts'
export { nearestNames } from './errors/nearest-names.ts'
export type { CommittedState, WriterErrorCode, WriterErrorOptions } from './errors/writer-error.ts'
export { isWriterError, WriterError } from './errors/writer-error.ts'
export type { ExecutionContext, ExecutionResult, Instant, StepResult } from './execution/models.ts'
export { executionContextSchema, executionResultSchema, stepResultSchema } from './execution/schemas.ts'
export { ANOMALY_TYPES, type Anomaly, type AnomalyDeviation, type AnomalyType } from './findings/anomaly.ts'
export { overallVerdict, type QualityResult, type RuleOutcome, type Verdict } from './findings/quality-result.ts'
export { type AnomalySeverity, isAtLeast, type RuleSeverity, SEVERITIES, worstSeverity } from './findings/severity.ts'
export { HOOK_SETTINGS, type HookKind, type HookSetting, neededHooks } from './hooks/hook-settings.ts'
export type {
  BeforeWriteResult,
  DivertedRows,
  HookReport,
  WriteContext,
  WriteHook,
} from './hooks/write-hook.ts'
export type { WriterEvent } from './hooks/writer-event.ts'
export type { LogColumnName, Phase, RunMode, WriteMode } from './log/columns.ts'
export { LOG_COLUMNS, PHASES, RUN_MODES, WRITE_MODES } from './log/columns.ts'
export { fieldReader, type RowDefaults } from './log/defaults.ts'
export type { LogRow, LogRowInput } from './log/row.ts'
export {
  endExpression,
  instantOf,
  type RowTimes,
  readEnd,
  readRunStart,
  readStart,
  runStartExpression,
  startExpression,
} from './log/row-times.ts'
export { hasCome, isInFuture, startedAtBy, timeColumns } from './log/started-at.ts'
export {
  hasFailed,
  hasNoOutcome,
  isFailure,
  isSuccessStatus,
  isUnknownOutcome,
  isWithoutOutcome,
  type Status,
  statusOf,
  worstStatus,
} from './log/statuses.ts'
export { createLogger, type LoggerOptions } from './logger/create-logger.ts'
export type { Logger, LogLevel } from './logger/logger.ts'
export { type MemoryStorage, memoryStorage } from './memory/memory-storage.ts'
export type { MemoryTable } from './memory/memory-table.ts'
export {
  assertNoProblems,
  assertOptions,
  type OptionChecks,
  type OptionProblem,
  type OptionProblems,
  optionError,
  optionProblems,
} from './options/assert-options.ts'
export { type NumberRange, type OptionCheck, option } from './options/option-checks.ts'
export { type SchemaNames, schemaProblems } from './options/schema-problems.ts'
export {
  and,
  between,
  type Comparand,
  call,
  column,
  decimal,
  eq,
  gt,
  gte,
  isIn,
  isNotNull,
  isNull,
  jsonField,
  like,
  literal,
  lt,
  lte,
  matches,
  ne,
  not,
  type Operand,
  or,
} from './predicate/build.ts'
export { assertPredicate } from './predicate/check.ts'
export { predicateColumns } from './predicate/columns-of.ts'
export { describePredicate } from './predicate/describe.ts'
export { evaluateExpression, evaluatePredicate } from './predicate/evaluate.ts'
export { exactComparison } from './predicate/exact-comparison.ts'
export { commonType, comparisonType, expressionType } from './predicate/expression-type.ts'
export { compareNatives as compareValues } from './predicate/native.ts'
export { exactLiteral } from './predicate/number-type.ts'
export { parsePredicate } from './predicate/parse/parse-predicate.ts'
export type {
  ArithmeticOperator,
  ComparisonOperator,
  DecimalLiteral,
  Expression,
  FunctionName,
  Literal,
  Predicate,
} from './predicate/predicate.ts'
export { replaceColumns } from './predicate/replace-columns.ts'
export type { AggregateQuery, AggregateRow, GroupKey, Measure, TimeBucket, TimePart } from './query/aggregate.ts'
export { aggregateBatches } from './query/aggregate-batches.ts'
export { aggregateColumns } from './query/aggregate-columns.ts'
export { assertCounts } from './query/order.ts'
export type { OrderBy, ScanQuery } from './query/scan.ts'
export { scanBatches } from './query/scan-batches.ts'
export { type ZoneClock, zoneClock } from './query/zone-clock.ts'
export { defaultTableRef, type TableSourceOptions, tableSource } from './source/create-table-source.ts'
export { settledSource, type TableSource } from './source/table-source.ts'
export type { Capability } from './storage/capabilities.ts'
export {
  type CommitOptions,
  type CommitResult,
  type MergeOptions,
  nothingWritten,
  type OverwriteTarget,
  overwriteParts,
} from './storage/commit.ts'
export { COMPANIONS, type Companion, companionOf, tablesNextTo } from './storage/companions.ts'
export { defaultWriter } from './storage/default-writer.ts'
export { assertLocalPath, isLocalPath } from './storage/local-path.ts'
export type { LogTable, TableOptions, TableReader, TableRef } from './storage/log-table.ts'
export type {
  DoctorCheck,
  DoctorOptions,
  DoctorReport,
  EngineSettings,
  StorageBackend,
  TableAppend,
} from './storage/storage-backend.ts'
export type { KnownLoss, TableHistory, TableInfo, TableOperation, TableVersion } from './storage/table-info.ts'
export type {
  AnalyzeResult,
  Compression,
  ExportFormat,
  ExportRequest,
  ExportResult,
  FileTotals,
  OptimizeOptions,
  OptimizeResult,
  SchemaChange,
  SchemaReport,
  VacuumOptions,
  VacuumResult,
} from './storage/upkeep.ts'
export {
  acceptsType,
  assertNoMisfits,
  assertWidening,
  isWithin,
  type Misfit,
  misfitOf,
  misfits,
  type WholeRange,
  widenedFor,
  widerType,
} from './storage/widening.ts'
export type { LogStream, StreamOptions } from './stream/stream.ts'
export {
  isoFromDays,
  isoFromMicros,
  MAX_MICROS,
  MIN_MICROS,
  microsFromDate,
  microsFromIso,
  parseMicros,
} from './time/instant.ts'
export type { WriterMetrics } from './write/metrics-counter.ts'
export type { WriteOptions, WriteResult } from './write/write-call.ts'
export { createLogWriter, type LogWriterOptions } from './writer/create-log-writer.ts'
export type {
  BatchWriteOptions,
  BatchWriteResult,
  LogTableInfo,
  LogWriter,
  ShowOptions,
} from './writer/log-writer.ts'
export type { MemoryUsage } from './writer/measure-memory.ts'
