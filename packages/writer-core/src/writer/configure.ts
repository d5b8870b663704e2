import { listedProblems, writerConfig } from '../config/make-config.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { EngineSettings, StorageBackend } from '../storage/storage-backend.ts'

/** A writer keeps its table for life: its rows must not be spread by accident. */
const FIXED = ['tableSchema', 'tableName', 'tableNamePattern', 'tableSuffixPattern'] as const
const ENGINE = ['parallelWriteThreads', 'memoryFraction', 'lockTimeoutMs'] as const

/** The settings with some changed. Throws WriterConfigurationError for what is wrong, and for settings that name the table. */
export function changedConfig(config: WriterConfig, changes: Partial<WriterConfig>): WriterConfig {
  const changed = writerConfig({ ...config, ...changes })
  const fixed = FIXED.filter((name) => changed[name] !== config[name])
  if (fixed.length > 0) {
    throw listedProblems(fixed.map((setting) => ({ setting, problem: 'cannot be changed on a live writer' })))
  }
  // What is not changed stays the same object, so that a hook sees whether its setting is.
  const kept = Object.entries(config).filter(([name]) => !Object.hasOwn(changes, name))
  return Object.freeze({ ...changed, ...Object.fromEntries(kept) })
}

/** Hands the engine the settings that are not its default anyway. Throws WriterConfigurationError where there is no engine to take them. */
export function configureEngine(storage: StorageBackend, config: WriterConfig, before?: WriterConfig): void {
  const known = before ?? engineDefaults(config)
  const names = ENGINE.filter((name) => config[name] !== known[name])
  if (names.length === 0) return
  if (!storage.configureEngine) {
    const problem = `cannot act: the ${storage.name} storage has no engine to set`
    throw listedProblems(names.map((setting) => ({ setting, problem })))
  }
  const settings: EngineSettings = Object.fromEntries(names.map((name) => [name, config[name]]))
  storage.configureEngine(settings)
}

function engineDefaults({ tableSchema, tableName }: WriterConfig): Required<EngineSettings> {
  const { parallelWriteThreads, memoryFraction, lockTimeoutMs } = writerConfig({ tableSchema, tableName })
  return { parallelWriteThreads, memoryFraction, lockTimeoutMs }
}
