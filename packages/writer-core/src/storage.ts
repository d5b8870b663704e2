export { batchBytes } from './batch/batch-bytes.ts'
export type { ColumnBuilder } from './batch/builder.ts'
export { type BuilderOptions, columnBuilder } from './batch/column-builder.ts'
export type { ColumnVector, Validity } from './batch/log-batch.ts'
export { batchRow, valueAt } from './batch/rows.ts'
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
export { assertNewColumns, findColumn } from './column/column-names.ts'
export {
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
export { compareDecimals, type Decimal, decimalText, doubleOf, parseDecimal } from './column/decimal.ts'
export { assertIdentifier } from './column/identifier.ts'
export { type NestedField, type NestedShape, nestedShape, nestedType } from './column/nested-type.ts'
export { SETTING_NAMES } from './config/config-schema.ts'
export { type YamlTextProblem, yamlTextProblem } from './config/yaml-text.ts'
export { traceCall } from './diagnostics/trace-call.ts'
export { type EncodeOptions, encodeLogRows, inferColumns } from './encode/encode-log-rows.ts'
export { convertValue } from './encode/lenient.ts'
export { jsonErrorOffset } from './errors/json-place.ts'
export { nearestNames } from './errors/nearest-names.ts'
export { HOOK_SETTINGS, type HookKind, type HookSetting, neededHooks } from './hooks/hook-settings.ts'
export { numberOrNull, textOrNull } from './log/cell.ts'
export { fieldReader, type RowDefaults } from './log/defaults.ts'
export { newestFirst } from './log/newest-first.ts'
export { checkLogger } from './logger/logger.ts'
export { evolveColumns, type Fitted, fitBatch } from './memory/fit-batch.ts'
export {
  assertNoProblems,
  assertOptions,
  type OptionChecks,
  type OptionProblem,
  type OptionProblems,
  optionError,
  optionProblems,
} from './options/assert-options.ts'
export { isObject, type NumberRange, type OptionCheck, option } from './options/option-checks.ts'
export { type RowsAndOptions, rowsAndOptions } from './options/rows-and-options.ts'
export { type SchemaNames, schemaProblems } from './options/schema-problems.ts'
export { assertPredicate } from './predicate/check.ts'
export { expressionColumns, predicateColumns } from './predicate/columns-of.ts'
export { evaluateExpression, evaluatePredicate } from './predicate/evaluate.ts'
export { exactComparison } from './predicate/exact-comparison.ts'
export { classOf, commonType, comparisonType, expressionType } from './predicate/expression-type.ts'
export { lowerText } from './predicate/letter-case.ts'
export { compareNatives } from './predicate/native.ts'
export { exactLiteral } from './predicate/number-type.ts'
export { replaceColumns } from './predicate/replace-columns.ts'
export { aggregateBatches } from './query/aggregate-batches.ts'
export { aggregateColumns } from './query/aggregate-columns.ts'
export { assertScan } from './query/assert-query.ts'
export { limitQuery } from './query/limit-query.ts'
export { queryColumns } from './query/query-columns.ts'
export { scanBatches } from './query/scan-batches.ts'
export { type ZoneClock, zoneClock } from './query/zone-clock.ts'
export { defaultTableRef } from './source/create-table-source.ts'
export { settledSource } from './source/table-source.ts'
export { nothingWritten, type OverwriteTarget, overwriteParts } from './storage/commit.ts'
export { COMPANIONS, type Companion, companionOf, tablesNextTo } from './storage/companions.ts'
export { defaultWriter } from './storage/default-writer.ts'
export { assertMethodOptions } from './storage/method-options.ts'
export { STORAGE_AT_CHECKS } from './storage/storage-address.ts'
export { doctorReport } from './storage/storage-backend.ts'
export { megabytes } from './storage/table-info.ts'
export { type TemporaryPath, temporaryPath } from './storage/temporary-path.ts'
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
export {
  isoFromDays,
  isoFromMicros,
  MAX_MICROS,
  MIN_MICROS,
  microsFromDate,
  microsFromIso,
  parseMicros,
} from './time/instant.ts'
export { DAY_MS, HOUR_MS } from './time/units.ts'
