import { dirname, isAbsolute, resolve } from 'node:path'
import type { WriterConfig, WriterConfigInput } from '@forge/writer-core'
import type { TableOptionValues } from '../command/table-options.ts'
import { UsageError } from '../command/usage-error.ts'
import type { Host } from '../host.ts'
import { BACKENDS, type StorageKind } from '../storage/backends.ts'
import { discoverConfigFile } from './discover.ts'
import { valuesFromEnvironment, variableOf } from './environment.ts'
import { readConfigFile } from './read-file.ts'

export interface Settings {
  readonly storage: StorageKind
  /** Absolute: of the DuckDB file, or the directory of Delta tables. */
  readonly path: string
  readonly config: WriterConfig
  /** The config file that was read. */
  readonly file: string | undefined
  /** Of every value that is set, in the order of the documentation. */
  readonly origins: readonly SettingOrigin[]
}

export interface SettingOrigin {
  readonly setting: string
  readonly value: unknown
  readonly origin: 'default' | 'file' | 'environment' | 'flag'
  /** The flag, the variable or the file. */
  readonly from: string
}

const DEFAULTS = {
  storage: 'duckdb',
  path: 'logs.duckdb',
  tableSchema: 'analytics',
  tableName: 'pipeline_logs',
} as const

type Values = Readonly<Record<string, unknown>>

interface Layer {
  readonly origin: SettingOrigin['origin']
  /** Names where the value of a setting comes from. */
  readonly from: (setting: string) => string
  readonly values: Values
  /** Against which a relative `path` is meant. */
  readonly directory: string
}

/**
 * Settings from defaults, config file, environment and flags; the later wins.
 * Throws WriterConfigurationError that names every wrong setting, UsageError for a file that is not there.
 */
export async function loadSettings({
  values,
  host,
}: {
  readonly values: TableOptionValues
  readonly host: Host
}): Promise<Settings> {
  const named = values.config ?? host.env.FORGE_WRITER_CONFIG
  const file = await discoverConfigFile({ named, cwd: host.cwd, env: host.env })
  const layers: Layer[] = [
    { origin: 'default', from: () => 'default', values: DEFAULTS, directory: host.cwd },
    ...(file ? [await fileLayer(file, values.env ?? host.env.FORGE_WRITER_ENV)] : []),
    environmentLayer(host),
    flagLayer(values, host.cwd),
  ]
  const merged = new Map<string, SettingOrigin>()
  for (const { origin, from, values: layer, directory } of layers) {
    for (const [setting, given] of Object.entries(layer)) {
      if (given === undefined) continue
      const value = setting === 'path' && typeof given === 'string' ? absolute(given, directory) : given
      merged.set(setting, { setting, value, origin, from: from(setting) })
    }
  }
  return toSettings(merged, file)
}

async function fileLayer(file: string, environment: string | undefined): Promise<Layer> {
  const values = await readConfigFile(file, environment)
  return { origin: 'file', from: () => file, values, directory: dirname(file) }
}

function environmentLayer({ env, cwd }: Host): Layer {
  return { origin: 'environment', from: variableOf, values: valuesFromEnvironment(env), directory: cwd }
}

function flagLayer({ storage, path, schema, table }: TableOptionValues, cwd: string): Layer {
  const values = { storage, path, tableSchema: schema, tableName: table }
  const flags: Readonly<Record<string, string>> = { tableSchema: '--schema', tableName: '--table' }
  return { origin: 'flag', from: (setting) => flags[setting] ?? `--${setting}`, values, directory: cwd }
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : resolve(directory, path)
}

async function toSettings(merged: ReadonlyMap<string, SettingOrigin>, file: string | undefined): Promise<Settings> {
  const { writerConfig } = await import('@forge/writer-core')
  const given = Object.fromEntries([...merged.values()].map(({ setting, value }) => [setting, value]))
  const { storage, path, ...rest } = given
  if (!isStorageKind(storage)) {
    throw new UsageError(`storage must be one of ${Object.keys(BACKENDS).join(', ')}`, {
      suggestions: [`It is set by ${merged.get('storage')?.from}.`],
    })
  }
  const config = writerConfig(rest as WriterConfigInput)
  const defaults = Object.entries(config)
    .filter(([setting]) => !merged.has(setting))
    .map(([setting, value]) => ({ setting, value, origin: 'default' as const, from: 'default' }))
  return { storage, path: String(path), config, file, origins: [...merged.values(), ...defaults] }
}

function isStorageKind(value: unknown): value is StorageKind {
  return typeof value === 'string' && Object.hasOwn(BACKENDS, value)
}
