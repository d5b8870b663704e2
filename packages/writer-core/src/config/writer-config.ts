import type { WriteMode } from '../log/columns.ts'
import type { LogLevel } from '../logger/logger.ts'
import type { Compression } from '../storage/upkeep.ts'

/** All settings with their defaults filled in; created by `writerConfig`, frozen. */
export interface WriterConfig {
  /** The schema of the log table. */
  readonly tableSchema: string
  /** The name of the log table; any valid name. */
  readonly tableName: string
  /** Pattern of the whole table name; placeholders `{schema} {table_name} {pipeline_id} {run_mode} {date} {timestamp}`. */
  readonly tableNamePattern?: string | undefined
  /** Pattern that is appended to `tableName` if `tableNamePattern` is not set; same placeholders. */
  readonly tableSuffixPattern?: string | undefined
  /** How rows are written. Default `append`. */
  readonly writeMode: WriteMode
  /** Columns that identify a row for `merge` and `ignore`. Default run_id, phase, step_name. */
  readonly mergeKeys: readonly string[]
  /** Rows per engine chunk, per flush of a stream and per commit of a batch of executions. Default 1000. */
  readonly batchSize: number
  /** Target size of data files in MB. Default 128. */
  readonly maxFileSizeMb: number
  /** Threads of the engine. Default: the number of CPUs, at most 4. */
  readonly parallelWriteThreads: number
  /** Share of the process's memory limit that the engine may use, 0.05-0.95. Default 0.5. */
  readonly memoryFraction: number
  /**
   * Compacts in the background: small files as they accumulate (Delta), the whole file after every 200 versions (DuckDB). Default for Delta: the
   * table property `delta.autoOptimize.autoCompact`, otherwise true; for DuckDB: false.
   */
  readonly enableOptimization?: boolean | undefined
  /** Stores each quality result in `<table>_quality`. Default false. */
  readonly logDataQualityResults: boolean
  /** Checks the rows of each write for anomalies against the history. Default false. */
  readonly enableAnomalyDetection: boolean
  /** Minimum share of valid rows, in percent. */
  readonly minValidationRate?: number | undefined
  /** Maximum share of invalid rows, in percent. */
  readonly maxInvalidRowsPercent?: number | undefined
  /** Adds a new column for each unknown field. Default false. */
  readonly enableSchemaEvolution: boolean
  /**
   * `strict`: an unknown field or a wrong type is an error. `lenient`: unknown fields go into metadata, and values are converted if nothing is lost.
   * Default `strict`.
   */
  readonly schemaValidationMode: 'strict' | 'lenient'
  /** Widens a column that is too narrow instead of failing. Default false. */
  readonly autoOptimizeSchema: boolean
  /** Partition columns of new tables and of `optimizeTable`. Default none. */
  readonly partitionColumns: readonly string[]
  /** Columns by which new tables and `optimizeTable` sort. Default none. */
  readonly clusterColumns: readonly string[]
  /** Compression of data files. Default `zstd`. */
  readonly compression: Compression
  /** Retries after the first attempt, for transient errors. Default 3. */
  readonly maxRetries: number
  /** Delay before the first retry, in seconds. Default 0.2. */
  readonly retryDelaySecs: number
  /** Doubles the delay with each retry, with jitter. Default true. */
  readonly retryExponentialBackoff: boolean
  /** Stops a batch of executions at the first failure. Default false. */
  readonly failFast: boolean
  /** Maximum wait of a call for a table that another process has locked, in milliseconds. Default 30000. */
  readonly lockTimeoutMs: number
  /** Columns, or dotted keys of metadata, whose text is replaced by `[redacted]` before it is stored. Default none. */
  readonly redact: readonly string[]
  /** The retention period of rows, applied by `pruneTable` and `forge-writer prune`. Default: rows are kept. */
  readonly retention?: RetentionSettings | undefined
  /** The destinations of alerts. Default none. */
  readonly alerts?: readonly AlertSettings[] | undefined
  /** The service levels of pipelines; checked by `checkServiceLevels` and `forge-writer sla`. */
  readonly serviceLevels?: readonly ServiceLevelSettings[] | undefined
  /** The level of the writer's own log. Default `silent`. */
  readonly logLevel: LogLevel
}

/** The retention period of rows. */
export interface RetentionSettings {
  /** Days to keep rows. */
  readonly keepDays: number
  /** Days to keep rows with `success = false`. Default `keepDays`. */
  readonly keepFailuresDays?: number | undefined
  /** Retention by pipeline id or glob; the first match applies. */
  readonly pipelines?: readonly {
    readonly pipeline: string
    readonly keepDays: number
    readonly keepFailuresDays?: number | undefined
  }[]
}

/** The service level of a pipeline's runs; at least one of the limits, times and rates below is required. */
export interface ServiceLevelSettings {
  /** Pipeline id or glob; the first service level that matches applies. */
  readonly pipeline: string
  /** Maximum duration of a run, in seconds. */
  readonly maxDurationSecs?: number | undefined
  /** Minimum duration of a successful run, in seconds: a shorter one may have done nothing. */
  readonly minDurationSecs?: number | undefined
  /** Maximum number of runs that start within an hour. */
  readonly maxRunsPerHour?: number | undefined
  /** Maximum number of runs that overlap. */
  readonly maxConcurrentRuns?: number | undefined
  /** Local time `HH:MM` by which a run must have started each day, counted from the same time of the day before. */
  readonly startBy?: string | undefined
  /** Local time `HH:MM` by which a run must have succeeded each day, counted from the due time before. */
  readonly dueTime?: string | undefined
  /** Time zone of `startBy` and `dueTime`. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** Weekdays to which `startBy` and `dueTime` apply, 1 (Monday) to 7. Default all. */
  readonly dueDays?: readonly number[] | undefined
  /** Minimum share of runs that succeed, in percent. */
  readonly minSuccessRatePercent?: number | undefined
  /** Share of runs and days that must meet the limits and times, in percent. Default 100. */
  readonly objectivePercent?: number | undefined
}

/** The destination of alerts and what raises them. Secrets are given as names of environment variables. */
export interface AlertSettings {
  /** The kind of destination. */
  readonly kind: 'webhook' | 'slack' | 'teams' | 'pagerduty' | 'command' | 'email'
  /** The destination: an address, channel, program or mail addresses, depending on `kind`. */
  readonly to: string
  /** The kinds of alerts to send. Default: all. */
  readonly on?: readonly ('anomaly' | 'quality' | 'failure' | 'sla' | 'lost' | 'recovered')[] | undefined
  /** Sends only alerts of at least this severity. Default: all. */
  readonly minSeverity?: 'info' | 'warning' | 'error' | 'critical' | undefined
  /** The name of the environment variable with the secret: a key, a token, or the address of a webhook or mail server. */
  readonly secretEnv?: string | undefined
  /** Hours in which only critical alerts are sent at once; others are sent afterwards: `22:00-07:00`, in UTC, or `22:00-07:00 Europe/Berlin`. */
  readonly quietHours?: string | undefined
  /** Maximum number of messages per hour; further alerts are summarised in one message. Default 60. */
  readonly maxPerHour?: number | undefined
  /**
   * Number of consecutive failed runs of a pipeline that raises one alert; the next is raised only after it has recovered. Default: each failed run
   * raises one.
   */
  readonly after?: number | undefined
  /** Sends only alerts of these pipelines: ids or globs. Default: all alerts, also those without a pipeline. */
  readonly pipelines?: readonly string[] | undefined
  /** Sends only alerts of runs with one of these `tags` in their metadata. */
  readonly tags?: readonly string[] | undefined
  /** Sends only alerts of runs with one of these `owner` values in their metadata. */
  readonly owners?: readonly string[] | undefined
  /** Pattern of a link to the run in messages, with the placeholders `{pipeline_id}`, `{run_id}` and `{step_name}`. */
  readonly linkTemplate?: string | undefined
  /** Base address of Slack's API, for `kind: 'slack'` with a bot token. Default `https://slack.com/api`. */
  readonly apiUrl?: string | undefined
}

/** Settings that change others; undefined changes nothing. */
export type WriterConfigChanges = { readonly [Name in keyof WriterConfig]?: WriterConfig[Name] | undefined }

/** The settings that a caller passes; all others have defaults. */
export type WriterConfigInput = WriterConfigChanges & Pick<WriterConfig, 'tableSchema' | 'tableName'>
