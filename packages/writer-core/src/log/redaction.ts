import { WriterConfigurationError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from './columns.ts'

const REDACTED = '[redacted]'

/** By column: what is stored in place of a value. */
export type Redaction = ReadonlyMap<string, (value: unknown) => unknown>

/** Of the setting `redact`: text columns by name, keys of json columns as `metadata.key.inner`. Throws WriterConfigurationError for others. */
export function redactionOf(redact: readonly string[]): Redaction {
  const byColumn = new Map<string, (value: unknown) => unknown>()
  const keys = new Map<string, string[][]>()
  for (const entry of redact) {
    const [name = '', ...path] = entry.split('.')
    const column = LOG_COLUMNS.find((candidate) => candidate.name === name)
    const type = column?.type ?? 'string'
    if (path.length === 0 && type === 'string') byColumn.set(name, () => REDACTED)
    else if (path.length === 0 && type === 'json') byColumn.set(name, () => JSON.stringify(REDACTED))
    else if (type === 'json') keys.set(name, [...(keys.get(name) ?? []), path])
    else throw notRedactable(entry, type)
  }
  for (const [name, paths] of keys) {
    if (!byColumn.has(name)) byColumn.set(name, (value) => withoutKeys(value, paths))
  }
  return byColumn
}

function notRedactable(entry: string, type: string): WriterConfigurationError {
  return new WriterConfigurationError(
    `redact: ${entry} is of type ${type}; only text columns and json keys can be redacted`,
    {
      context: { setting: 'redact', entry },
      committed: 'no',
    },
  )
}

function withoutKeys(value: unknown, paths: readonly (readonly string[])[]): unknown {
  let parsed: unknown
  try {
    parsed = typeof value === 'string' ? JSON.parse(value) : value
  } catch {
    return value
  }
  return paths.reduce<unknown>((inner, path) => withoutKey(inner, path), parsed)
}

function withoutKey(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || key === undefined || !Object.hasOwn(value, key)) return value
  const entries = Object.entries(value).map(([name, inner]) =>
    name === key ? [name, rest.length === 0 ? REDACTED : withoutKey(inner, rest)] : [name, inner],
  )
  return Object.fromEntries(entries)
}
