import { arrow } from './arrow.ts'
import { csv } from './csv.ts'
import type { AnalyticsFormat, Exporter } from './exporter.ts'
import { json, ndjson } from './json.ts'
import { parquet } from './parquet.ts'
import { xlsx } from './xlsx.ts'

/** All formats: a new one is a file next to these, and a line here. Their libraries are loaded when they are used. */
export const EXPORTERS: Readonly<Record<AnalyticsFormat, Exporter>> = { json, ndjson, csv, parquet, arrow, xlsx }
