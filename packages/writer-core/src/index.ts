export type { LogBatch } from './batch/log-batch.ts'
export { batchFromRows, batchRows } from './batch/rows.ts'
export type { ColumnDefinition } from './column/column-definition.ts'
export type { ColumnType, Row, Value } from './column/column-type.ts'
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
  WriterConfigChanges,
  WriterConfigInput,
} from './config/writer-config.ts'
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
export type { CommittedState, WriterErrorCode, WriterErrorOptions } from './errors/writer-error.ts'
export { isWriterError, WriterError } from './errors/writer-error.ts'
export type { ExecutionContext, ExecutionResult, Instant, StepResult } from './execution/models.ts'
export { executionContextSchema, executionResultSchema, stepResultSchema } from './execution/schemas.ts'
export { ANOMALY_TYPES, type Anomaly, type AnomalyDeviation, type AnomalyType } from './findings/anomaly.ts'
export { overallVerdict, type QualityResult, type RuleOutcome, type Verdict } from './findings/quality-result.ts'
export { type AnomalySeverity, isAtLeast, type RuleSeverity, SEVERITIES, worstSeverity } from './findings/severity.ts'
export type { BeforeWriteResult, DivertedRows, HookReport, WriteContext, WriteHook } from './hooks/write-hook.ts'
export type { WriterEvent } from './hooks/writer-event.ts'
export type { LogColumnName, Phase, RunMode, WriteMode } from './log/columns.ts'
export { LOG_COLUMNS, PHASES, RUN_MODES, WRITE_MODES } from './log/columns.ts'
export { metadataFields } from './log/metadata.ts'
export type { LogRow, LogRowInput, LogRowWithExtras } from './log/row.ts'
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
  didNotRun,
  hasFailed,
  hasNoOutcome,
  isFailure,
  isSuccessStatus,
  isUnknownOutcome,
  isWithoutOutcome,
  knownDurationSecs,
  type Status,
  statusOf,
  worstStatus,
} from './log/statuses.ts'
export { createLogger, type LoggerOptions } from './logger/create-logger.ts'
export type { Logger, LogLevel } from './logger/logger.ts'
export { type MemoryStorage, memoryStorage } from './memory/memory-storage.ts'
export type { MemoryTable } from './memory/memory-table.ts'
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
export { describePredicate } from './predicate/describe.ts'
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
export type { AggregateQuery, AggregateRow, GroupKey, Measure, TimeBucket, TimePart } from './query/aggregate.ts'
export type { OrderBy, ScanQuery } from './query/scan.ts'
export { type TableSourceOptions, tableSource } from './source/create-table-source.ts'
export type { TableSource } from './source/table-source.ts'
export { addressScheme, maskedAddress } from './storage/address-schemes.ts'
export type { Capability } from './storage/capabilities.ts'
export type { CommitOptions, CommitResult, MergeOptions } from './storage/commit.ts'
export { assertLocalPath, isLocalPath } from './storage/local-path.ts'
export type { LogTable, TableOptions, TableReader, TableRef } from './storage/log-table.ts'
export { openStorageAt, type StoragePackages } from './storage/storage-address.ts'
export type {
  DoctorCheck,
  DoctorOptions,
  DoctorReport,
  EngineSettings,
  StorageBackend,
  TableAppend,
} from './storage/storage-backend.ts'
export {
  type LoadStorage,
  registerStorage,
  type StorageAtOptions,
  type StorageOpener,
} from './storage/storage-registry.ts'
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
export type { LogStream, StreamOptions } from './stream/stream.ts'
export type { WriterMetrics } from './write/metrics-counter.ts'
export type { WriteOptions, WriteResult } from './write/write-call.ts'
export { createLogWriter, type LogWriterOptions } from './writer/create-log-writer.ts'
export type { BatchWriteOptions, BatchWriteResult, LogTableInfo, LogWriter, ShowOptions } from './writer/log-writer.ts'
export type { MemoryUsage } from './writer/measure-memory.ts'
