import { dirname, isAbsolute, resolve } from 'node:path'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { valuesFromEnvironment } from './environment.ts'
import { writerConfig } from './make-config.ts'
import { readConfigFile } from './read-config-file.ts'
import type { WriterConfig, WriterConfigChanges, WriterConfigInput } from './writer-config.ts'

export interface LoadConfigOptions {
  /** Path of the config file, JSON or YAML. Default: `FORGE_WRITER_CONFIG`; if that is not set either, no file is read. */
  readonly file?: string | undefined
  /** Name of the overlay in the file's `environments`, such as `dev`, `staging` or `prod`. Default: `FORGE_WRITER_ENV`; otherwise none. */
  readonly environment?: string | undefined
  /** The environment variables to read. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Settings that take precedence over the file and the environment variables. */
  readonly overrides?: WriterConfigChanges | undefined
}

export interface LoadedConfig {
  readonly config: WriterConfig
  /** The kind of storage from the file or the environment. `path` is absolute; it is resolved against the folder of the file. */
  readonly storage: string | undefined
  readonly path: string | undefined
}

/**
 * Loads settings from a file with its overlay, from FORGE_WRITER_* variables (FORGE_WRITER_TABLE_NAME is `tableName`), and from `overrides`; later
 * ones win. Throws WriterConfigurationError that lists every problem.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  assertOptions('loadConfig', options, {
    file: option.text,
    environment: option.text,
    env: option.object,
    overrides: option.object,
  })
  const { env = process.env, overrides = {} } = options
  // An empty variable counts as unset.
  const file = options.file ?? (env.FORGE_WRITER_CONFIG || undefined)
  const environment = options.environment ?? (env.FORGE_WRITER_ENV || undefined)
  if (file === undefined && environment !== undefined) {
    throw new WriterConfigurationError(`environment ${environment} was requested, but no config file was found`, {
      suggestions: ['Pass a file or set FORGE_WRITER_CONFIG.'],
    })
  }
  const fromFile = file === undefined ? {} : await readConfigFile(resolve(file), environment)
  if (file !== undefined && typeof fromFile.path === 'string')
    fromFile.path = absolute(fromFile.path, dirname(resolve(file)))
  const merged: Record<string, unknown> = { ...fromFile, ...valuesFromEnvironment(env), ...overrides }
  const { storage, path, ...settings } = merged
  // The schema check validates the settings, whatever their type is.
  const config = writerConfig(settings as unknown as WriterConfigInput)
  return { config, storage: text('storage', storage), path: text('path', path) }
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : resolve(directory, path)
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new WriterConfigurationError(`${name} must be a string`, { context: { setting: name } })
}
