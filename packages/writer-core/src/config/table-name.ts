import { WriterConfigurationError } from '../errors/kinds.ts'
import type { RunMode } from '../log/columns.ts'
import { assertIdentifier } from '../log/identifier.ts'
import type { TableRef } from '../storage/log-table.ts'
import { expandPattern } from './table-name-pattern.ts'
import type { WriterConfig } from './writer-config.ts'

/** Ends of the names of the tables that are kept next to a log, as in `pipeline_logs_alerts`. */
const COMPANION_SUFFIXES = ['alerts', 'anomalies', 'anomaly_feedback', 'quality', 'quarantine', 'unfinished'] as const

type NamingConfig = Pick<WriterConfig, 'tableSchema' | 'tableName' | 'tableNamePattern' | 'tableSuffixPattern'>

export interface TableNameValues {
  readonly pipelineId?: string
  readonly runMode?: RunMode
  /** Stands for `{date}` and `{timestamp}` as it is. */
  readonly timestamp?: string
  /** Where no `timestamp` is given: `{date}` is its YYYYMMDD and `{timestamp}` its YYYYMMDD_HHMMSS, in UTC. Default now. */
  readonly runStartedAt?: Date
}

/**
 * `schema.table` of the table that a run's rows go to. `tableNamePattern` stands for the whole name; without it the name is the table's plus
 * `tableSuffixPattern`. Throws WriterConfigurationError where a pattern gives no valid name.
 */
export function generateTableName(config: NamingConfig, values: TableNameValues = {}): string {
  const { schema, name } = generateTableRef(config, values)
  return `${schema}.${name}`
}

/** {@link generateTableName} in its two parts. A pattern's first dot parts schema and table. */
export function generateTableRef(config: NamingConfig, values: TableNameValues = {}): TableRef {
  const filled = fill(config, values)
  const { tableNamePattern: pattern, tableSuffixPattern: suffix = '' } = config
  const dot = pattern?.indexOf('.') ?? -1
  const ref =
    pattern === undefined
      ? { schema: config.tableSchema, name: config.tableName + expandPattern(suffix, filled) }
      : {
          schema: dot === -1 ? config.tableSchema : expandPattern(pattern.slice(0, dot), filled),
          name: expandPattern(pattern.slice(dot + 1), filled),
        }
  assertIdentifier(ref.schema, 'generated schema name')
  assertIdentifier(ref.name, 'generated table name')
  assertNotCompanion(ref, config)
  return ref
}

/** Rows that are routed to where the log keeps something else would make both unusable. */
function assertNotCompanion({ schema, name }: TableRef, { tableSchema, tableName }: NamingConfig): void {
  if (schema.toLowerCase() !== tableSchema.toLowerCase()) return
  // Some storages ignore the case of names.
  const suffix = COMPANION_SUFFIXES.find((each) => name.toLowerCase() === `${tableName}_${each}`.toLowerCase())
  if (suffix === undefined) return
  throw new WriterConfigurationError(`${schema}.${name} is kept for what goes with the log: its ${suffix}`, {
    context: { schema, name, companion: suffix },
    suggestions: ['Change tableNamePattern or tableSuffixPattern, or the name of the pipeline.'],
    committed: 'no',
  })
}

/** Whether rows of different runs can go to different tables. */
export function isRouted(config: NamingConfig): boolean {
  return /\{(pipeline_id|run_mode|date|timestamp)\}/.test(config.tableNamePattern ?? config.tableSuffixPattern ?? '')
}

function fill(config: NamingConfig, values: TableNameValues): Record<string, string> {
  const digits = (values.runStartedAt ?? new Date()).toISOString().replaceAll(/[-:]/g, '')
  return {
    schema: config.tableSchema,
    table_name: config.tableName,
    pipeline_id: values.pipelineId ?? 'unknown',
    run_mode: values.runMode ?? 'incremental',
    date: values.timestamp ?? digits.slice(0, 8),
    timestamp: values.timestamp ?? `${digits.slice(0, 8)}_${digits.slice(9, 15)}`,
  }
}
