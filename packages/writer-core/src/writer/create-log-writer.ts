import { settingsError, writerConfig } from '../config/make-config.ts'
import type { WriterConfig, WriterConfigInput } from '../config/writer-config.ts'
import { redactionOf } from '../encode/redaction.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import { createLogger } from '../logger/create-logger.ts'
import { checkLogger, type Logger } from '../logger/logger.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { changeConfig, configureEngine } from '../source/configure.ts'
import { defaultTableRef, LOSS_MESSAGE } from '../source/create-table-source.ts'
import type { ExtraColumns } from '../source/table-handles.ts'
import { companionOf } from '../storage/companions.ts'
import type { TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { writerStreams } from '../stream/writer-streams.ts'
import { autoOptimizer } from '../write/auto-optimize.ts'
import { metricsCounter } from '../write/metrics-counter.ts'
import { settledWriter } from '../write/settled-writer.ts'
import { assertHooksFor } from './assert-hooks.ts'
import { callGate } from './call-gate.ts'
import { eventBus } from './event-bus.ts'
import type { LogWriter } from './log-writer.ts'
import { measureMemory } from './measure-memory.ts'
import { showLogs } from './show-logs.ts'
import { logTableInfo } from './table-facts.ts'
import { writeCalls } from './write-calls.ts'

export interface LogWriterOptions {
  /** The storage. The writer closes it. */
  readonly storage: StorageBackend
  readonly config: WriterConfigInput
  /** The hooks, in the order in which they run. A setting that a hook implements is rejected without that hook. */
  readonly hooks?: readonly WriteHook[] | undefined
  /** A logger with pino's methods. Default: JSON lines to standard error, from `logLevel` up, which is `silent` by default. */
  readonly logger?: Logger | undefined
  /** The clock for `created_at`, `updated_at` and generated names. Default: the system clock. */
  readonly now?: (() => Date) | undefined
}

/**
 * Creates a writer of log rows.
 * Throws WriterConfigurationError that lists every invalid setting, including those that the storage or the hooks do not support.
 *
 * @example
 * const writer = await createLogWriter({
 *   storage: duckdbStorage({ path: 'logs.duckdb' }),
 *   config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
 * })
 */
export async function createLogWriter(options: LogWriterOptions): Promise<LogWriter> {
  assertOptions('createLogWriter', options, {
    storage: option.required(option.object),
    config: option.required(option.object),
    hooks: option.list(option.object),
    logger: checkLogger,
    now: option.clock,
  })
  const { storage, hooks = [], now = () => new Date() } = options
  const first = checkConfig(options.config, hooks)
  configureEngine(storage, first)
  const loggerOf = ({ logLevel }: WriterConfig) => options.logger ?? createLogger('forge-writer', { level: logLevel })
  const logger = options.logger ?? createLogger('forge-writer', { level: () => current.source.config.logLevel })
  const bus = eventBus(
    logger,
    hooks.map((hook) => (event, source) => hook.onEvent?.(event, source)),
  )
  const metrics = metricsCounter()
  const optimizer = autoOptimizer()
  const extraColumns: ExtraColumns = { known: new Map(), forgotten: 0 }
  const life = { storage, hooks, metrics, optimizer, extraColumns, now, loggerOf, emit: bus.emit }
  let current = settledWriter(first, life)
  const endOfLosses = storage.onLoss?.((loss) => {
    logger.warn({ location: storage.location, loss }, LOSS_MESSAGE)
    bus.emit({ type: 'lossFound', location: storage.location, loss }, current.source)
  })
  const streams = writerStreams()
  const gate = callGate()
  const ref = defaultTableRef(first)
  assertNotReserved(ref)
  const { schema, name } = ref
  const close = () =>
    gate.close(streams.closeAll, async () => {
      await optimizer.settle()
      for (const hook of hooks) await hook.close?.()
      endOfLosses?.()
      await storage.close()
    })
  return {
    ...writeCalls(() => current, gate),
    get config() {
      return current.source.config
    },
    storage,
    logger,
    table: (asked) => current.source.table(asked),
    companion: (suffix, columns) => current.source.companion(suffix, columns),
    tableFqn: `${schema}.${name}`,
    stream(streamOptions) {
      gate.assertOpen()
      return streams.open(current, streamOptions)
    },
    showLogs: (show = {}) => gate.run(() => showLogs(current.source, show)),
    getTableInfo: (asked = {}) => gate.run(async () => logTableInfo(await current.source.table(asked))),
    getMetrics: () => metrics.read(),
    resetMetrics: () => metrics.reset(),
    getMemoryUsage: () => measureMemory(storage),
    configure(changes) {
      gate.assertOpen()
      const { config } = current.source
      const changed = checkConfig(changeConfig(config, changes), hooks)
      configureEngine(storage, changed, config)
      current = settledWriter(changed, life)
    },
    on: bus.on,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Rejects a log whose name is that of a companion: what erases or copies a log would take its rows for verdicts, alerts and so on. */
function assertNotReserved(ref: TableRef): void {
  const companion = companionOf(ref)
  if (!companion) return
  const problem = `must not end in _${companion.suffix}, the name of a table next to a log`
  throw settingsError([{ setting: 'tableName', problem, value: ref.name }])
}

function checkConfig(input: WriterConfigInput, hooks: readonly WriteHook[]): WriterConfig {
  const config = writerConfig(input)
  assertHooksFor(config, hooks)
  redactionOf(config.redact)
  return config
}
