import { type Stats, statSync } from 'node:fs'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
}

/**
 * Returns the entry at the path, or undefined if nothing exists there. Throws {@link UnreachablePathError} if that cannot be known, for example
 * because a folder of the path may not be entered.
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

/** The error for a path that this process cannot check. */
export class UnreachablePathError extends Error {
  override name = 'UnreachablePathError'
  readonly code = 'TABLE'
  readonly context: Readonly<Record<string, unknown>>
  readonly suggestions: readonly string[]

  constructor(path: string, reason: string, cause: unknown) {
    super(`${path} cannot be reached (${reason})`, { cause })
    this.context = { path, reason }
    this.suggestions = ['Allow the user of this process to enter every folder of the path, or pass another path.']
  }
}
