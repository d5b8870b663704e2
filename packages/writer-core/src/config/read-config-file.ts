import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { isWriterError } from '../errors/writer-error.ts'

type Values = Record<string, unknown>

/**
 * Reads the settings of a config file in JSON or YAML: those of the file that it `extends`, its own, then those of `environments.<name>`; later ones
 * win. Does not validate them: `writerConfig` does. YAML needs the package `yaml`. Throws WriterConfigurationError if the file cannot be read as an
 * object or lacks the environment.
 */
export async function readConfigFile(file: string, environment?: string): Promise<Values> {
  const { values, environments } = await readExtended(file, [])
  if (environment === undefined) return values
  const overlay = Object.hasOwn(environments, environment) ? environments[environment] : undefined
  if (!isObject(overlay)) {
    const known = Object.keys(environments).join(', ') || 'none'
    throw fileError(file, `has no environment ${environment} (it has: ${known})`)
  }
  return { ...values, ...overlay }
}

async function readExtended(file: string, from: readonly string[]): Promise<{ values: Values; environments: Values }> {
  if (from.includes(file)) {
    throw new WriterConfigurationError(`config files extend each other: ${[...from, file].join(' -> ')}`)
  }
  const { extends: parent, environments = {}, ...values } = await parseFile(file)
  if (!isObject(environments)) throw fileError(file, 'environments must be an object')
  if (parent === undefined) return { values, environments }
  if (typeof parent !== 'string') throw fileError(file, 'extends must be the path of a config file')
  const base = await readExtended(resolve(dirname(file), parent), [...from, file])
  return { values: { ...base.values, ...values }, environments: { ...base.environments, ...environments } }
}

async function parseFile(file: string): Promise<Values> {
  try {
    const text = (await readFile(file, 'utf8')).replace(/^\ufeff/, '')
    const parsed: unknown = file.endsWith('.json')
      ? JSON.parse(text)
      : (await import('./parse-yaml.ts')).parseYaml(text)
    if (isObject(parsed)) return parsed
  } catch (error) {
    if (isWriterError(error)) throw error
    throw fileError(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  throw fileError(file, 'must contain an object of settings')
}

function fileError(file: string, problem: string, cause?: unknown): WriterConfigurationError {
  return new WriterConfigurationError(`${file} ${problem}`, {
    context: { file },
    cause,
  })
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
