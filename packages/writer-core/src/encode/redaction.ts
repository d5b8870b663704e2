import { WriterConfigurationError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'

const REDACTED = '[redacted]'

/** The function, by column, that replaces a value before it is stored. */
export type Redaction = ReadonlyMap<string, (value: unknown) => unknown>

/** The table whose rows are redacted. */
export interface RedactedTable {
  /** The columns in addition to those of the log. */
  readonly extraColumns: readonly { readonly name: string }[]
  /** The handling of unknown fields. */
  readonly unknown: 'refuse' | 'metadata' | 'column'
}

/**
 * Compiles the setting `redact`: text columns by name, and keys of json columns as `metadata.key.inner`. If unknown fields go into the metadata, they
 * are redacted there. Throws WriterConfigurationError for other entries and, if `table` is given, for names that it neither has nor can get.
 */
export function redactionOf(entries: readonly string[], table?: RedactedTable): Redaction {
  const redact = table ? entries.map((entry) => placeOf(entry, table)) : entries
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

function placeOf(entry: string, { extraColumns, unknown }: RedactedTable): string {
  const isColumn = [...LOG_COLUMNS, ...extraColumns].some(({ name }) => name === entry.split('.')[0])
  if (isColumn || unknown === 'column') return entry
  if (unknown === 'metadata') return `metadata.${entry}`
  throw new WriterConfigurationError(`redact: the table has no column ${entry}`, {
    context: { setting: 'redact', entry },
    suggestions: ['Name a text column, or a key of the metadata as metadata.key.'],
    committed: 'no',
  })
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
