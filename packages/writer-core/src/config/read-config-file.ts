import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { jsonErrorOffset } from '../errors/json-place.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { isObject } from '../options/option-checks.ts'

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
  const text = (await readText(file)).replace(/^\ufeff/, '')
  const parsed = file.endsWith('.json') ? jsonValue(file, text) : await yamlValue(file, text)
  if (isObject(parsed)) return parsed
  throw fileError(file, 'must contain an object of settings')
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw fileError(file, `cannot be read: ${(error as NodeJS.ErrnoException).code}`, error)
  }
}

// Neither error has the one of the parser as its cause: it quotes the text next to the place, which can be a password.
function jsonValue(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const lines = text.slice(0, jsonErrorOffset(text) ?? 0).split('\n')
    throw syntaxError(file, 'JSON', { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 })
  }
}

async function yamlValue(file: string, text: string): Promise<unknown> {
  const { parseYaml } = await loadParser(file)
  const result = parseYaml(text)
  if ('value' in result) return result.value
  throw syntaxError(file, 'YAML', result)
}

async function loadParser(file: string) {
  try {
    return await import('./parse-yaml.ts')
  } catch (error) {
    throw fileError(file, 'needs the package `yaml`, which is not installed', error)
  }
}

interface SyntaxPlace {
  readonly line: number
  readonly column: number
  readonly problem?: string | undefined
}

function syntaxError(file: string, language: string, { line, column, problem }: SyntaxPlace): WriterConfigurationError {
  const place = `line ${line}, column ${column}`
  return new WriterConfigurationError(
    `${file} is not valid ${language}: ${problem === undefined ? place : `${problem} at ${place}`}`,
    { context: { file, line, column } },
  )
}

function fileError(file: string, problem: string, cause?: unknown): WriterConfigurationError {
  return new WriterConfigurationError(`${file} ${problem}`, {
    context: { file },
    cause,
  })
}
