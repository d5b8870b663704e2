import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { entryAt, UnreachablePathError } from '../storage/entry-at.ts'
import { UsageError } from './usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const NAMES = ['forge-writer.config.json', 'forge-writer.config.yaml', 'forge-writer.config.yml']

export interface ConfigSearch {
  readonly named: string | undefined
  readonly cwd: string
  readonly env: Environment
  /** Called with each location that was skipped, and why. */
  readonly warn?: ((warning: string) => void) | undefined
}

/**
 * Finds the config file: the named one, or the nearest `forge-writer.config.{json,yaml}` from `cwd` up to the root of its repository (only in `cwd`
 * outside of one), or the one in `$XDG_CONFIG_HOME/forge-writer/`. Returns undefined if there is no such file. A config folder of the user that may
 * not be entered is skipped with a warning, because services often run with the home of another user. Throws UsageError if the named file does not
 * exist, UnreachablePathError if that cannot be checked.
 */
export function discoverConfigFile({ named, cwd, env, warn }: ConfigSearch): string | undefined {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (!entryAt(file)) throw new UsageError(`config file ${file} does not exist`)
    return file
  }
  return searchUpwards(cwd) ?? inUserDirectory(env, warn)
}

function searchUpwards(cwd: string): string | undefined {
  const root = repositoryRoot(cwd)
  for (let directory = cwd; ; directory = dirname(directory)) {
    const file = configIn(directory)
    if (file !== undefined || directory === root) return file
  }
}

function inUserDirectory(env: Environment, warn: ConfigSearch['warn']): string | undefined {
  const directory = userDirectory(env)
  try {
    return directory === undefined ? undefined : configIn(directory)
  } catch (error) {
    if (!(error instanceof UnreachablePathError)) throw error
    warn?.(error.message)
    return undefined
  }
}

/** Returns undefined for users without a home, as in containers with an arbitrary user id. */
function userDirectory({ XDG_CONFIG_HOME, HOME }: Environment): string | undefined {
  if (XDG_CONFIG_HOME) return join(XDG_CONFIG_HOME, 'forge-writer')
  try {
    return join(HOME || homedir(), '.config', 'forge-writer')
  } catch {
    return undefined
  }
}

function configIn(directory: string): string | undefined {
  return NAMES.map((name) => join(directory, name)).find((path) => entryAt(path)?.isFile())
}

function repositoryRoot(cwd: string): string {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (entryAt(join(directory, '.git'))) return directory
    if (dirname(directory) === directory) return cwd
  }
}
