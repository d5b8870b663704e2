import { SETTING_NAMES } from '../config/config-schema.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { ExecutionResult } from '../execution/models.ts'
import type { LogRowInput } from '../log/row.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import type { Random } from './seeded-random.ts'

type Values = { readonly [Name in keyof WriterConfig]?: readonly WriterConfig[Name][] }

/** Values of every setting that a live writer may change; calls behave differently with each. */
export const SETTING_VALUES = {
  writeMode: ['append', 'overwrite', 'merge', 'ignore'],
  mergeKeys: [['run_id', 'phase', 'step_name'], ['run_id'], ['step_name']],
  batchSize: [1, 3, 1000],
  maxFileSizeMb: [1, 128],
  parallelWriteThreads: [1, 2],
  memoryFraction: [0.4, 0.5],
  enableOptimization: [false, true],
  logDataQualityResults: [false, true],
  enableAnomalyDetection: [false, true],
  minValidationRate: [10, 90],
  maxInvalidRowsPercent: [10, 90],
  enableSchemaEvolution: [false, true],
  schemaValidationMode: ['strict', 'lenient'],
  autoOptimizeSchema: [false, true],
  partitionColumns: [[], ['phase']],
  clusterColumns: [[], ['step_name']],
  compression: ['zstd', 'snappy'],
  maxRetries: [0, 1, 3],
  retryDelaySecs: [0, 0.001],
  retryExponentialBackoff: [true, false],
  failFast: [false, true],
  lockTimeoutMs: [30_000, 20_000],
  redact: [[], ['error_message'], ['secret']],
  retention: [{ keepDays: 1 }, { keepDays: 30 }],
  alerts: [[], [{ kind: 'command', to: 'true' }]],
  serviceLevels: [[], [{ pipeline: 'p', maxDurationSecs: 1 }]],
  logLevel: ['silent', 'error'],
} as const satisfies Values

/** Returns the names of the settings that `configure` accepts on this storage. */
export function changeableSettings(storage: StorageBackend): readonly (keyof typeof SETTING_VALUES)[] {
  const engine = storage.engineMemoryBytes ? [] : ['parallelWriteThreads', 'memoryFraction']
  const absent = new Set<string>([...engine, ...(storage.lockTimeoutMs === undefined ? ['lockTimeoutMs'] : [])])
  return SETTING_NAMES.flatMap((name) => (name in SETTING_VALUES && !absent.has(name) ? [name] : [])) as never
}

/** Returns random values of some settings. */
export function randomSettings(random: Random, names: readonly (keyof typeof SETTING_VALUES)[]): Partial<WriterConfig> {
  const chosen = names.filter(() => random.below(3) > 0)
  return Object.fromEntries(chosen.map((name) => [name, random.pick<unknown>(SETTING_VALUES[name])]))
}

/** Returns rows whose storage depends on the settings: existing keys, unknown fields, text to redact. */
export function tellingRows(random: Random): LogRowInput[] {
  return Array.from({ length: 1 + random.below(6) }, (_none, at) => {
    const row = {
      run_id: `r${random.below(3)}`,
      phase: 'gold',
      step_name: `s${at}`,
      error_message: 'password',
    } as const
    return random.below(3) === 0 ? ({ ...row, secret: 'hunter2' } as LogRowInput) : row
  })
}

function execution(id: string, isWhole = true): ExecutionResult {
  const context = { executionId: id, mode: 'initial', pipelineId: 'p', schema: 's', startTime: AT } as const
  const step = { stepName: 'load', phase: 'gold', rowsProcessed: 1, success: true, startTime: AT } as const
  return {
    success: true,
    context,
    stepResults: isWhole ? [step] : [{ ...step, rowsProcessed: -1 }],
    totalDurationSecs: 1,
  }
}

const AT = '2026-01-01T00:00:00Z'

/** A call under test; it calls `configured` once after its start, in one of its gaps. */
export type SettingsCall = (writer: LogWriter, rows: readonly LogRowInput[], configured: () => void) => Promise<unknown>

const OPTIONS = { batchId: 'b', runId: 'given' }

/** The kinds of calls that depend on settings. */
export const SETTINGS_CALLS: Readonly<Record<string, SettingsCall>> = {
  writeLogRows: (writer, rows, configured) =>
    writer.writeLogRows(
      (function* () {
        for (const [at, row] of rows.entries()) {
          if (at > 0) configured()
          yield row
        }
      })(),
      OPTIONS,
    ),
  writeExecutionResult: (writer) => writer.writeExecutionResult(execution('e'), OPTIONS),
  writeStepResults: (writer) => {
    const { stepResults, context } = execution('e')
    return writer.writeStepResults(stepResults, context, OPTIONS)
  },
  writeExecutionResultBatch: async (writer) => {
    const inputs = [execution('a'), execution('b', false), execution('c'), execution('d')]
    const { batchDurationSecs: _duration, failures, ...rest } = await writer.writeExecutionResultBatch(inputs, OPTIONS)
    return { ...rest, failures: failures.length }
  },
  stream: async (writer, rows, configured) => {
    const stream = writer.stream({ runId: 'given', flushIntervalMs: 0 })
    for (const row of rows) {
      await stream.write(row).catch(() => undefined)
      configured()
    }
    await stream.close()
    return stream.rowsWritten
  },
  showLogs: async (writer) => (await writer.showLogs({ print: false })).length,
  getTableInfo: async (writer) => {
    const { exists, rowCount, capabilities } = await writer.getTableInfo()
    return { exists, rowCount, capabilities }
  },
}
