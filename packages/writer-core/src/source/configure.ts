import { settingsError, writerConfig } from '../config/make-config.ts'
import type { WriterConfig, WriterConfigChanges } from '../config/writer-config.ts'
import type { EngineSettings, StorageBackend } from '../storage/storage-backend.ts'

/** The settings that name the table. A writer keeps its table, so that its rows are not spread over tables by accident. */
const FIXED = ['tableSchema', 'tableName', 'tableNamePattern', 'tableSuffixPattern'] as const
const ENGINE = ['parallelWriteThreads', 'memoryFraction', 'lockTimeoutMs'] as const

/** Returns the settings with some changed. Throws WriterConfigurationError for invalid settings and for those that name the table. */
export function changeConfig(config: WriterConfig, given: WriterConfigChanges): WriterConfig {
  if (typeof given !== 'object' || given === null) {
    throw settingsError([{ setting: 'settings', problem: 'must be an object' }])
  }
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const changed = writerConfig({ ...config, ...changes })
  const fixed = FIXED.filter((name) => changed[name] !== config[name])
  if (fixed.length > 0) {
    throw settingsError(fixed.map((setting) => ({ setting, problem: 'cannot be changed on a live writer' })))
  }
  // Unchanged values stay the same objects, so that a hook can see whether its setting changed.
  const kept = Object.entries(config).filter(([name]) => !Object.hasOwn(changes, name))
  return Object.freeze({ ...changed, ...Object.fromEntries(kept) })
}

/** Passes the engine settings that differ from their defaults to the storage. Throws WriterConfigurationError if it has no engine. */
export function configureEngine(storage: StorageBackend, config: WriterConfig, before?: WriterConfig): void {
  const known = before ?? engineDefaults(config)
  const names = ENGINE.filter((name) => config[name] !== known[name])
  if (names.length === 0) return
  if (!storage.configureEngine) {
    const problem = `is not supported by the ${storage.name} storage, which has no engine`
    throw settingsError(names.map((setting) => ({ setting, problem })))
  }
  const settings: EngineSettings = Object.fromEntries(names.map((name) => [name, config[name]]))
  storage.configureEngine(settings)
}

function engineDefaults({ tableSchema, tableName }: WriterConfig): Required<EngineSettings> {
  const { parallelWriteThreads, memoryFraction, lockTimeoutMs } = writerConfig({ tableSchema, tableName })
  return { parallelWriteThreads, memoryFraction, lockTimeoutMs }
}
