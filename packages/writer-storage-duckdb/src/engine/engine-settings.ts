import type { EngineSettings } from '@forge/writer-core'
import type { EngineOptions } from './engine.ts'
import { processMemoryBytes } from './memory-limit.ts'

/** Returns the options of an engine for the settings of a writer. */
export function engineSettings({ parallelWriteThreads, memoryFraction }: EngineSettings): EngineOptions {
  return {
    ...(parallelWriteThreads !== undefined && { threads: parallelWriteThreads }),
    ...(memoryFraction !== undefined && { memoryLimitBytes: processMemoryBytes() * memoryFraction }),
  }
}
