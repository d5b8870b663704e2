import type { IngestAdapter } from './adapter.ts'
import { dbtSources } from './dbt/freshness.ts'
import { dbt } from './dbt/run-results.ts'
import { csv } from './rows/csv.ts'
import { json } from './rows/json.ts'
import { ndjson } from './rows/ndjson.ts'
import { parquet } from './rows/parquet.ts'

/** Every format, the particular before the general: the first that recognises a file reads it. */
export const FORMATS: readonly IngestAdapter[] = [dbt, dbtSources, parquet, csv, ndjson, json]
