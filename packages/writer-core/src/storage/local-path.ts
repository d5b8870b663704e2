import { WriterConfigurationError } from '../errors/kinds.ts'

/** A scheme of two letters or more; a single letter is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i

/**
 * Throws WriterConfigurationError for text that is not a path of the file system: an address with a scheme (`s3://bucket/x`, `postgres://…`, `md:x`,
 * `file:///x`), `:memory:`, a home folder that no shell has replaced (`~/x`), or nothing. The error does not repeat the address, which may contain a
 * password.
 */
export function assertLocalPath(path: unknown, setting = 'path'): asserts path is string {
  const problem = problemOf(path)
  if (problem === undefined) return
  throw new WriterConfigurationError(`${setting} ${problem.problem}`, {
    context: { problems: [{ setting, problem: problem.problem }], ...(problem.scheme && { scheme: problem.scheme }) },
    suggestions: problem.suggestions,
    committed: 'no',
  })
}

/** Returns true for a path that {@link assertLocalPath} accepts. */
export function isLocalPath(path: string): boolean {
  return problemOf(path) === undefined
}

interface PathProblem {
  readonly problem: string
  readonly scheme?: string | undefined
  readonly suggestions: readonly string[]
}

function problemOf(path: unknown): PathProblem | undefined {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    return { problem: 'must be a non-empty string', suggestions: [] }
  }
  if (path === ':memory:') {
    return {
      problem: 'must be a file',
      suggestions: ['Use memoryStorage() of @forge/writer-core for tables in memory.'],
    }
  }
  if (/^~($|[/\\])/.test(path)) {
    return {
      problem: 'starts with ~, which only a shell replaces with the home folder',
      suggestions: ['Write the whole path, or $HOME in a shell.'],
    }
  }
  const scheme = SCHEME.exec(path)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  const isFile = scheme === 'file'
  return {
    problem: isFile ? 'must be a path, not a file: address' : `has the scheme ${scheme}:, which no storage serves`,
    scheme,
    suggestions: [
      isFile ? 'Leave out file://.' : 'Use a path of the file system.',
      'Put ./ before the name of a file that contains a colon.',
    ],
  }
}
