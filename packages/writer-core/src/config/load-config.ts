import { dirname, isAbsolute, resolve } from 'node:path'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { valuesFromEnvironment } from './environment.ts'
import { writerConfig } from './make-config.ts'
import { readConfigFile } from './read-config-file.ts'
import type { WriterConfig, WriterConfigInput } from './writer-config.ts'

export interface LoadConfigOptions {
  /** Config file, JSON or YAML. Default: `FORGE_WRITER_CONFIG`; without it no file is read. */
  readonly file?: string
  /** Which overlay of the file's `environments` applies, such as `dev`, `staging` or `prod`. Default: `FORGE_WRITER_ENV`; without it none. */
  readonly environment?: string
  /** Where FORGE_WRITER_* variables are looked up. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Win over file and environment. */
  readonly overrides?: Partial<WriterConfigInput>
}

export interface LoadedConfig {
  readonly config: WriterConfig
  /** What the file or the environment says of the storage: its kind, and a path (absolute, by the place of the file). */
  readonly storage: string | undefined
  readonly path: string | undefined
}

/**
 * Settings from a file with its overlay, then from FORGE_WRITER_* variables (`tableName` is FORGE_WRITER_TABLE_NAME), then `overrides`; the later wins.
 * Throws WriterConfigurationError that names every problem.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const { env = process.env, overrides = {} } = options
  // A variable that is empty is not set.
  const file = options.file ?? (env.FORGE_WRITER_CONFIG || undefined)
  const environment = options.environment ?? (env.FORGE_WRITER_ENV || undefined)
  if (file === undefined && environment !== undefined) {
    throw new WriterConfigurationError(`environment ${environment} is asked for, but there is no config file`, {
      suggestions: ['Name a file, or set FORGE_WRITER_CONFIG.'],
    })
  }
  const fromFile = file === undefined ? {} : await readConfigFile(resolve(file), environment)
  if (file !== undefined && typeof fromFile.path === 'string')
    fromFile.path = absolute(fromFile.path, dirname(resolve(file)))
  const merged: Record<string, unknown> = { ...fromFile, ...valuesFromEnvironment(env), ...overrides }
  const { storage, path, ...settings } = merged
  // What the settings are is found out by the check.
  const config = writerConfig(settings as unknown as WriterConfigInput)
  return { config, storage: text('storage', storage), path: text('path', path) }
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : resolve(directory, path)
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new WriterConfigurationError(`${name} must be text`, { context: { setting: name } })
}
