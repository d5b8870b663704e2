import { assertOptions, type OptionChecks } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { CommitOptions, MergeOptions } from './commit.ts'
import type { TableOptions } from './log-table.ts'
import type { DoctorOptions, EngineSettings } from './storage-backend.ts'
import type { ExportRequest, OptimizeOptions, SchemaChange, VacuumOptions } from './upkeep.ts'

/** The options of the methods of a storage and its tables, by method. */
interface MethodOptions {
  readonly openTable: TableOptions
  readonly commit: CommitOptions
  readonly merge: MergeOptions
  readonly history: { readonly limit?: number | undefined }
  readonly evolve: SchemaChange
  readonly optimize: OptimizeOptions
  readonly vacuum: VacuumOptions
  readonly exportTo: ExportRequest
  readonly doctor: DoctorOptions
  readonly configureEngine: EngineSettings
}

const NAMES = option.list(option.text)
const SIZE = option.number({ above: 0 })
const COMPRESSION = option.oneOf(['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed'])

const CHECKS: { readonly [Method in keyof MethodOptions]: OptionChecks<MethodOptions[Method]> } = {
  openTable: {
    columns: option.list(option.object),
    partitionColumns: NAMES,
    clusterColumns: NAMES,
    compression: COMPRESSION,
    maxFileSizeMb: SIZE,
    packSmallFiles: option.oneOf([true, false, 'byDefault']),
    lockTimeoutMs: option.number({ min: 0 }),
    batchSize: option.whole({ min: 1 }),
    evolveSchema: option.flag,
    widenColumns: option.flag,
  },
  commit: { batchId: option.required(option.text), writer: option.string, runId: option.string, note: option.object },
  merge: {
    keys: option.required(NAMES),
    whenMatched: option.required(option.oneOf(['update', 'ignore'])),
  },
  history: { limit: option.whole({ min: 0 }) },
  evolve: { add: option.list(option.object), widen: option.list(option.object) },
  optimize: { clusterColumns: NAMES, partitionColumns: NAMES, compression: COMPRESSION, targetFileSizeMb: SIZE },
  vacuum: { retentionHours: option.number({ min: 0 }), everything: option.flag, dryRun: option.flag },
  exportTo: {
    path: option.required(option.text),
    format: option.required(option.oneOf(['parquet', 'csv', 'json', 'ndjson'])),
    query: option.object,
    compression: COMPRESSION,
  },
  doctor: { deep: option.flag },
  configureEngine: {
    parallelWriteThreads: option.whole({ min: 1 }),
    memoryFraction: option.number({ min: 0.05, max: 0.95 }),
    lockTimeoutMs: option.number({ min: 0 }),
  },
}

/** Throws WriterConfigurationError that lists the options of a method that are unknown or not valid, for storages. */
export function assertMethodOptions<Method extends keyof MethodOptions>(
  method: Method,
  options: MethodOptions[Method],
): void {
  assertOptions(method, options, CHECKS[method])
}
