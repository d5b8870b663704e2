import { assertIdentifier } from '../column/identifier.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import type { RunMode } from '../log/columns.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { COMPANIONS } from '../storage/companions.ts'
import type { TableRef } from '../storage/log-table.ts'
import { expandPattern } from './table-name-pattern.ts'
import type { WriterConfig } from './writer-config.ts'

type NamingConfig = Pick<WriterConfig, 'tableSchema' | 'tableName' | 'tableNamePattern' | 'tableSuffixPattern'>

export interface TableNameValues {
  readonly pipelineId?: string | undefined
  readonly runMode?: RunMode | undefined
  /** Replaces `{date}` and `{timestamp}` as it is. */
  readonly timestamp?: string | undefined
  /** Provides `{date}` as YYYYMMDD and `{timestamp}` as YYYYMMDD_HHMMSS, in UTC, if `timestamp` is not given. Default: now. */
  readonly runStartedAt?: Date | undefined
}

/**
 * Returns `schema.table` for the rows of a run. `tableNamePattern` is the pattern of the whole name; without it the name is that of the table plus
 * `tableSuffixPattern`. Throws WriterConfigurationError if a pattern gives an invalid name.
 */
export function generateTableName(config: NamingConfig, values: TableNameValues = {}): string {
  assertOptions('generateTableName', values, {
    pipelineId: option.string,
    runMode: option.string,
    timestamp: option.string,
    runStartedAt: option.date,
  })
  const { schema, name } = generateTableRef(config, values)
  return `${schema}.${name}`
}

/** Returns the name of {@link generateTableName} as schema and table. The first dot of a pattern separates the two. */
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

/** Rejects names of companion tables: log rows in such a table would make both unusable. */
function assertNotCompanion({ schema, name }: TableRef, { tableSchema, tableName }: NamingConfig): void {
  if (schema.toLowerCase() !== tableSchema.toLowerCase()) return
  // Some storages ignore the case of names.
  const suffix = COMPANIONS.map((companion) => companion.suffix).find(
    (each) => name.toLowerCase() === `${tableName}_${each}`.toLowerCase(),
  )
  if (suffix === undefined) return
  throw new WriterConfigurationError(`${schema}.${name} is reserved for a companion table of the log: ${suffix}`, {
    context: { schema, name, companion: suffix },
    suggestions: ['Change tableNamePattern or tableSuffixPattern, or rename the pipeline.'],
    committed: 'no',
  })
}

/** Returns whether rows of different runs can go to different tables. */
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
