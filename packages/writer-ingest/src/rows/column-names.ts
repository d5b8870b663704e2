import { LOG_COLUMNS } from '@forge/writer-core'

const BY_PLAIN_NAME = new Map(LOG_COLUMNS.map(({ name }) => [plain(name), name as string]))

/** Returns the column of the log with a name, ignoring case as databases do, or undefined. */
export function columnOf(name: string): string | undefined {
  return BY_PLAIN_NAME.get(plain(name))
}

/** Returns names with the case of the columns of the log, unless two of them would then be equal. */
export function logNames(names: readonly string[]): string[] {
  const exact = new Set(names)
  const taken = new Set<string>()
  return names.map((name) => {
    const known = columnOf(name)
    if (known === undefined || known === name || exact.has(known) || taken.has(known)) return name
    taken.add(known)
    return known
  })
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
}
