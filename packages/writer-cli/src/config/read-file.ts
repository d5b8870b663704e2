import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../command/usage-error.ts'

type Values = Record<string, unknown>

/**
 * Settings of a config file: those of the file it `extends`, its own, then those of `environments.<name>`.
 * Throws UsageError where the file cannot be read as an object, or has no such environment.
 */
export async function readConfigFile(file: string, environment?: string): Promise<Values> {
  const { values, environments } = await readExtended(file, [])
  if (environment === undefined) return values
  const overlay = environments[environment]
  if (!isObject(overlay)) {
    const known = Object.keys(environments).join(', ') || 'none'
    throw new UsageError(`${file} has no environment ${environment} (it has: ${known})`)
  }
  return { ...values, ...overlay }
}

async function readExtended(file: string, from: readonly string[]): Promise<{ values: Values; environments: Values }> {
  if (from.includes(file)) throw new UsageError(`config files extend each other: ${[...from, file].join(' -> ')}`)
  const { extends: parent, environments = {}, ...values } = await parseFile(file)
  if (!isObject(environments)) throw new UsageError(`${file}: environments must be an object`)
  if (parent === undefined) return { values, environments }
  if (typeof parent !== 'string') throw new UsageError(`${file}: extends must be the path of a config file`)
  const base = await readExtended(resolve(dirname(file), parent), [...from, file])
  return { values: { ...base.values, ...values }, environments: { ...base.environments, ...environments } }
}

async function parseFile(file: string): Promise<Values> {
  try {
    const text = await readFile(file, 'utf8')
    const parsed: unknown = file.endsWith('.json')
      ? JSON.parse(text)
      : (await import('./parse-yaml.ts')).parseYaml(text)
    if (isObject(parsed)) return parsed
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new UsageError(`${file} must hold an object of settings`)
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
