import { assertOptions, type OptionChecks } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { AggregateQuery } from './aggregate.ts'
import type { ScanQuery } from './scan.ts'

const COUNT = option.whole({ min: 0 })

const SCAN: OptionChecks<ScanQuery> = {
  columns: option.list(option.string),
  where: option.object,
  orderBy: option.list(option.object),
  limit: COUNT,
  offset: COUNT,
  batchRows: option.whole({ min: 1 }),
  signal: option.signal,
}

const AGGREGATE: OptionChecks<AggregateQuery> = {
  from: option.object,
  where: option.object,
  groupBy: option.list(option.object),
  measures: option.required(option.list(option.object)),
  orderBy: option.list(option.object),
  limit: COUNT,
  signal: option.signal,
}

/** Throws WriterConfigurationError that lists the parts of a scan that are unknown or not valid. */
export function assertScan(query: ScanQuery): void {
  assertOptions('scan', query, SCAN)
}

/** Throws WriterConfigurationError that lists the parts of an aggregate that are unknown or not valid. */
export function assertAggregate(query: AggregateQuery): void {
  assertOptions('aggregate', query, AGGREGATE)
}
