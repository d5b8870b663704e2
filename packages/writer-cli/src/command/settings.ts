import { dirname, isAbsolute, resolve } from 'node:path'
import type { WriterConfig, WriterConfigInput } from '@forge/writer-core'
import { addressKind, addressScheme } from '@forge/writer-core/addresses'
import type { Host } from '../host.ts'
import { isPackageName } from '../storage/addresses.ts'
import { isStorageKind, STORAGE_KINDS } from '../storage/backends.ts'
import { discoverConfigFile } from './discover.ts'
import type { TableOptionValues } from './table-options.ts'
import { UsageError } from './usage-error.ts'

export interface Settings {
  /** The kind of the storage, or the name of the package that opens the address. */
  readonly storage: string
  /** The absolute path of the DuckDB file or of the directory of Delta tables, or an address. */
  readonly path: string
  /** The folder from which packages are found. */
  readonly cwd: string
  readonly config: WriterConfig
  /** The config file that was read. */
  readonly file: string | undefined
  /** Warnings from the search for a config file. */
  readonly warnings: readonly string[]
  /** Every setting with its value and its source. */
  readonly origins: readonly SettingOrigin[]
}

export interface SettingOrigin {
  readonly setting: string
  readonly value: unknown
  readonly origin: 'default' | 'file' | 'environment' | 'flag'
  /** Name of the flag or variable, or path of the file. */
  readonly from: string
}

/** The path of the database without settings, relative to the working directory. */
export const DEFAULT_PATH = 'logs.duckdb'

const DEFAULTS = {
  storage: 'duckdb',
  path: DEFAULT_PATH,
  tableSchema: 'analytics',
  tableName: 'pipeline_logs',
} as const

type Values = Readonly<Record<string, unknown>>

interface Layer {
  readonly origin: SettingOrigin['origin']
  /** Returns the source of the value of a setting. */
  readonly from: (setting: string) => string
  readonly values: Values
  /** The directory that a relative `path` is resolved against. */
  readonly directory: string
}

/**
 * Loads settings from defaults, config file, environment and flags; later ones win.
 * Throws WriterConfigurationError that lists every invalid setting or describes the problem with the file, UsageError if a named file does not exist.
 */
export async function loadSettings({
  values,
  host,
}: {
  readonly values: TableOptionValues
  readonly host: Host
}): Promise<Settings> {
  // An empty variable counts as unset.
  const named = values.config ?? (host.env.FORGE_WRITER_CONFIG || undefined)
  const environment = values.env ?? (host.env.FORGE_WRITER_ENV || undefined)
  const warnings: string[] = []
  const warn = (warning: string) => void warnings.push(warning)
  const file = discoverConfigFile({ named, cwd: host.cwd, env: host.env, warn })
  if (file === undefined && environment !== undefined) {
    throw new UsageError(`environment ${environment} was requested, but no config file was found`, {
      suggestions: ['Pass a file with --config, or set FORGE_WRITER_CONFIG.'],
    })
  }
  const core = await import('@forge/writer-core')
  const layers: Layer[] = [
    { origin: 'default', from: () => 'default', values: DEFAULTS, directory: host.cwd },
    ...(file ? [await fileLayer(core, file, environment)] : []),
    environmentLayer(core, host),
    flagLayer(values, host.cwd),
  ]
  const merged = new Map<string, SettingOrigin>()
  for (const { origin, from, values: layer, directory } of layers) {
    for (const [setting, given] of Object.entries(layer)) {
      if (given === undefined) continue
      // Only the value that is used is checked: a value that another source replaces does no harm.
      const isLocal = setting === 'path' && typeof given === 'string' && core.isLocalPath(given)
      const value = isLocal ? absolute(given, directory) : given
      merged.set(setting, { setting, value, origin, from: from(setting) })
    }
  }
  return { ...toSettings(core, merged), cwd: host.cwd, file, warnings }
}

/**
 * Returns the absolute path of the database if it is known without reading a config file, as that takes longer; otherwise the file and the
 * environment of it that name the database. Throws UsageError if a named config file does not exist.
 */
export function placeWithoutFile(
  values: TableOptionValues,
  { cwd, env }: Pick<Host, 'cwd' | 'env'>,
): { readonly path: string } | { readonly settings: string } {
  const given = values.path || env.FORGE_WRITER_PATH
  if (given) return { path: absolute(given, cwd) }
  const named = values.config ?? (env.FORGE_WRITER_CONFIG || undefined)
  const file = discoverConfigFile({ named, cwd, env })
  if (file === undefined) return { path: absolute(DEFAULT_PATH, cwd) }
  return { settings: JSON.stringify([file, values.env ?? (env.FORGE_WRITER_ENV || null)]) }
}

type Core = typeof import('@forge/writer-core')

async function fileLayer({ readConfigFile }: Core, file: string, environment: string | undefined): Promise<Layer> {
  const values = await readConfigFile(file, environment)
  return { origin: 'file', from: () => file, values, directory: dirname(file) }
}

function environmentLayer({ valuesFromEnvironment, variableOf }: Core, { env, cwd }: Host): Layer {
  return { origin: 'environment', from: variableOf, values: valuesFromEnvironment(env), directory: cwd }
}

function flagLayer({ storage, path, schema, table }: TableOptionValues, cwd: string): Layer {
  const values = { storage, path, tableSchema: schema, tableName: table }
  const flags: Readonly<Record<string, string>> = { tableSchema: '--schema', tableName: '--table' }
  return { origin: 'flag', from: (setting) => flags[setting] ?? `--${setting}`, values, directory: cwd }
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) || addressScheme(path) !== undefined ? path : resolve(directory, path)
}

function toSettings(
  core: Core,
  merged: ReadonlyMap<string, SettingOrigin>,
): Omit<Settings, 'cwd' | 'file' | 'warnings'> {
  const given = Object.fromEntries([...merged.values()].map(({ setting, value }) => [setting, value]))
  const { path, storage: asked, ...rest } = given
  if (typeof path !== 'string' || path === '') {
    throw new UsageError('path must be a non-empty string', {
      suggestions: [`It is set by ${merged.get('path')?.from}.`],
    })
  }
  const isDefault = merged.get('storage')?.origin === 'default'
  const storage = storageAtPath(path, isDefault ? undefined : asked, merged.get('storage')?.from ?? 'storage')
  if (isStorageKind(storage) && addressKind(path) === undefined) {
    core.assertLocalPath(path, `path (set by ${merged.get('path')?.from})`)
  }
  const config = core.writerConfig(rest as WriterConfigInput)
  const defaults = Object.entries(config)
    .filter(([setting]) => !merged.has(setting))
    .map(([setting, value]) => ({ setting, value, origin: 'default' as const, from: 'default' }))
  const origins = [...merged.values(), ...defaults].map((each) =>
    each.setting === 'path' ? { ...each, value: core.maskedAddress(path) } : each,
  )
  return { storage, path, config, origins }
}

/**
 * Returns the storage at a path: the one that was asked for, or the one that the path needs. Throws UsageError if they do not fit together, or if a
 * package is asked for that this project does not need.
 */
export function storageAtPath(path: string, asked: unknown, from: string): string {
  const kindAt = addressKind(path)
  const isOthers = kindAt === undefined && addressScheme(path) !== undefined
  if (isOthers && isPackageName(asked) && !isStorageKind(asked)) return asked
  const storage = asked ?? kindAt ?? DEFAULTS.storage
  if (!isStorageKind(storage) || (kindAt !== undefined && storage !== kindAt)) {
    const allowed = kindAt ? `${kindAt}, because of the address that is the path` : `one of ${STORAGE_KINDS.join(', ')}`
    throw new UsageError(`${from} is ${JSON.stringify(storage)}, but must be ${allowed}`)
  }
  if (kindAt === undefined && (storage === 'postgres' || storage === 'spark') && !isOthers) {
    throw new UsageError(`${storage} needs an address such as ${EXAMPLES[storage]}`, {
      suggestions: [`The storage is set by ${from}.`],
    })
  }
  return storage
}

const EXAMPLES = { postgres: 'postgres://user@host/database', spark: 'sc://host:15002' } as const
