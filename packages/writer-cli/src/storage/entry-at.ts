import { type Stats, statSync } from 'node:fs'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its links go in a circle',
  ENAMETOOLONG: 'the name is too long',
}

/**
 * Returns what is at the path, or undefined when nothing is. Throws {@link UnreachablePathError} when that cannot be known, such as behind a folder
 * that may not be entered.
 */
export function entryAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new UnreachablePathError(path, REASONS[code] ?? code, cause)
  }
}

/** A path of which nobody here can say whether something is there. */
export class UnreachablePathError extends Error {
  override name = 'UnreachablePathError'
  readonly code = 'TABLE'
  readonly context: Readonly<Record<string, unknown>>
  readonly suggestions: readonly string[]

  constructor(path: string, reason: string, cause: unknown) {
    super(`${path} cannot be reached (${reason})`, { cause })
    this.context = { path, reason }
    this.suggestions = ['Give the user of this process leave to enter every folder of the path, or name another path.']
  }
}
