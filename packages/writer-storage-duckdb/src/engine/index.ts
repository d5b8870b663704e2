export { assertStreamEnded } from './assert-stream-ended.ts'
export type { BatchFeed, FedRelation, FeedOptions } from './batch-feed.ts'
export { type BatchSource, batchSource, SourceError } from './batch-source.ts'
export { readTypeOf } from './column-types.ts'
export { compileAggregate } from './compile-aggregate.ts'
export { type CompileScope, compileExpression } from './compile-expression.ts'
export { compileCondition, compilePredicate } from './compile-predicate.ts'
export { compileScan, type Relation, type ScanStatement } from './compile-scan.ts'
export { type Engine, type EngineOptions, openEngine } from './engine.ts'
export { type EngineErrorKind, engineErrorKind, fromEngineError } from './engine-errors.ts'
export { engineSettings } from './engine-settings.ts'
export { quoteIdentifier, quoteText } from './identifiers.ts'
export { jsonTextSql, nestedSql } from './nested-sql.ts'
export {
  type ParameterList,
  parameterList,
  type SqlParameter,
  type SqlQuery,
} from './parameters.ts'
export type { Session } from './session.ts'
