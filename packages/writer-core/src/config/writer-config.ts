import type { WriteMode } from '../log/columns.ts'
import type { LogLevel } from '../logger/logger.ts'
import type { Compression } from '../storage/upkeep.ts'

/** Every setting with its default filled in; made by `writerConfig`, frozen. */
export interface WriterConfig {
  /** Schema of the log table. */
  readonly tableSchema: string
  readonly tableName: string
  /** Whole name of generated tables; placeholders `{schema} {table_name} {pipeline_id} {run_mode} {date} {timestamp}`. */
  readonly tableNamePattern?: string
  /** Added to `tableName` where there is no `tableNamePattern`; same placeholders. */
  readonly tableSuffixPattern?: string
  /** Default `append`. */
  readonly writeMode: WriteMode
  /** Columns that identify a row for `merge` and `ignore`. Default run_id, phase, step_name. */
  readonly mergeKeys: readonly string[]
  /** Rows per engine chunk, per flush of a stream and per commit of a batch of executions. Default 1000. */
  readonly batchSize: number
  /** Target size of data files. Default 128. */
  readonly maxFileSizeMb: number
  /** Threads of the engine. Default: what the machine has, 4 at most. */
  readonly parallelWriteThreads: number
  /** Share of the memory that the process may use which the engine may take, 0.05-0.95. Default 0.5. */
  readonly memoryFraction: number
  /**
   * Compact in the background: small files as they gather (Delta), the file after every 200 versions (DuckDB). Default: Delta as the table's
   * `delta.autoOptimize.autoCompact` says, else true; DuckDB false.
   */
  readonly enableOptimization?: boolean
  /** Keep each verdict in `<table>_quality`. Default false. */
  readonly logDataQualityResults: boolean
  /** Judge each write's rows against history. Default false. */
  readonly enableAnomalyDetection: boolean
  /** Least share of valid rows, 0-100. */
  readonly minValidationRate?: number
  /** Greatest share of invalid rows, 0-100. */
  readonly maxInvalidRowsPercent?: number
  /** Unknown fields become new columns. Default false. */
  readonly enableSchemaEvolution: boolean
  /** `strict`: an unknown field or a wrong type is an error; `lenient`: unknown fields go into metadata, values are converted where nothing is lost. Default `strict`. */
  readonly schemaValidationMode: 'strict' | 'lenient'
  /** Widen a column that is too narrow in place of failing. Default false. */
  readonly autoOptimizeSchema: boolean
  /** Layout of new tables and of `optimizeTable`. Default none. */
  readonly partitionColumns: readonly string[]
  readonly clusterColumns: readonly string[]
  /** Default `zstd`. */
  readonly compression: Compression
  /** Attempts after the first, for transient errors. Default 3. */
  readonly maxRetries: number
  /** Before the first retry. Default 0.2. */
  readonly retryDelaySecs: number
  /** Doubles the delay each time, with jitter. Default true. */
  readonly retryExponentialBackoff: boolean
  /** Stop a batch of executions at the first failure. Default false. */
  readonly failFast: boolean
  /** How long a call waits for a table that another process holds. Default 30000. */
  readonly lockTimeoutMs: number
  /** Columns or dotted metadata keys whose text is replaced by `[redacted]` before it is stored. Default none. */
  readonly redact: readonly string[]
  readonly retention?: RetentionSettings
  readonly alerts?: readonly AlertSettings[]
  /** What is promised of the runs of pipelines; judged by `checkServiceLevels` and `forge-writer sla`. */
  readonly serviceLevels?: readonly ServiceLevelSettings[]
  /** Of the writer's own log. Default `silent`. */
  readonly logLevel: LogLevel
}

/** How long rows are kept. */
export interface RetentionSettings {
  /** Days. */
  readonly keepDays: number
  /** Days for rows with `success = false`. Default `keepDays`. */
  readonly keepFailuresDays?: number
  /** By pipeline id or glob; the first that matches counts. */
  readonly pipelines?: readonly {
    readonly pipeline: string
    readonly keepDays: number
    readonly keepFailuresDays?: number
  }[]
}

/** What is promised of the runs of a pipeline; at least one of the limits, times and rates below. */
export interface ServiceLevelSettings {
  /** Pipeline id or glob; the first that matches counts. */
  readonly pipeline: string
  /** Longest run. */
  readonly maxDurationSecs?: number
  /** Shortest run that succeeds: one that ends earlier may have done nothing. */
  readonly minDurationSecs?: number
  /** Runs that may start within an hour. */
  readonly maxRunsPerHour?: number
  /** Runs that may overlap. */
  readonly maxConcurrentRuns?: number
  /** `HH:MM` of local time by which, each day, a run must have started since that time the day before. */
  readonly startBy?: string
  /** `HH:MM` of local time by which, each day, a run must have succeeded since the due time before. */
  readonly dueTime?: string
  /** Time zone of `startBy` and `dueTime`. Default `UTC`. */
  readonly timeZone?: string
  /** Days on which `startBy` and `dueTime` hold, 1 (Monday) to 7. Default all. */
  readonly dueDays?: readonly number[]
  /** Least share of runs that succeed, 0-100. */
  readonly minSuccessRatePercent?: number
  /** Share of runs and days, 0-100, that keep the limits and times. Default 100. */
  readonly objectivePercent?: number
}

/** Where alerts go and what raises them. Secrets are given as names of environment variables. */
export interface AlertSettings {
  readonly kind: 'webhook' | 'slack' | 'teams' | 'pagerduty' | 'command' | 'email'
  /** Address, channel, program or mail addresses; what it is depends on `kind`. */
  readonly to: string
  /** Default: all. */
  readonly on?: readonly ('anomaly' | 'quality' | 'failure' | 'sla' | 'lost' | 'recovered')[]
  readonly minSeverity?: 'info' | 'warning' | 'error' | 'critical'
  readonly secretEnv?: string
  /** Time of day in which only critical alerts are sent, the others when it is over: `22:00-07:00`, in UTC or `22:00-07:00 Europe/Berlin`. */
  readonly quietHours?: string
  /** Messages in an hour at most; what is more goes into one that sums it up. Default 60. */
  readonly maxPerHour?: number
  /** Failed runs in a row of a pipeline before it is alerted; then once, until it has recovered. Default: each failed run is alerted. */
  readonly after?: number
  /** Only alerts of these pipelines: ids or globs. Default: all, also those of no pipeline. */
  readonly pipelines?: readonly string[]
  /** Only alerts of runs with one of these `tags` in their metadata. */
  readonly tags?: readonly string[]
  /** Only alerts of runs with one of these as `owner` in their metadata. */
  readonly owners?: readonly string[]
  /** Address of a run for the message, with the placeholders `{pipeline_id}`, `{run_id}` and `{step_name}`. */
  readonly linkTemplate?: string
  /** Address of Slack's methods, for `kind: 'slack'` with the token of a bot. Default `https://slack.com/api`. */
  readonly apiUrl?: string
}

/** What a caller gives; the rest is defaults. */
export type WriterConfigInput = Partial<WriterConfig> & Pick<WriterConfig, 'tableSchema' | 'tableName'>
