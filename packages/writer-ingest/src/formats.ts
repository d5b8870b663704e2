import type { IngestAdapter } from './adapter.ts'
import { dbtSources } from './dbt/freshness.ts'
import { dbt } from './dbt/run-results.ts'
import { dbtTelemetry } from './dbt/telemetry.ts'
import { github } from './github/actions.ts'
import { junit } from './junit/report.ts'
import { openlineage } from './openlineage/run-events.ts'
import { csv } from './rows/csv.ts'
import { json } from './rows/json.ts'
import { ndjson } from './rows/ndjson.ts'
import { parquet } from './rows/parquet.ts'

/** All formats, specific ones before general ones: the first one that recognizes a file reads it. */
export const FORMATS: readonly IngestAdapter[] = [
  dbt,
  dbtSources,
  dbtTelemetry,
  openlineage,
  github,
  junit,
  parquet,
  csv,
  ndjson,
  json,
]
