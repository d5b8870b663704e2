import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '../command/usage-error.ts'
import { entryAt, UnreachablePathError } from '../storage/entry-at.ts'

type Environment = Readonly<Record<string, string | undefined>>

const NAMES = ['forge-writer.config.json', 'forge-writer.config.yaml', 'forge-writer.config.yml']

export interface ConfigSearch {
  readonly named: string | undefined
  readonly cwd: string
  readonly env: Environment
  /** Hears what was passed over, and why. */
  readonly warn?: ((warning: string) => void) | undefined
}

/**
 * Finds the config file that applies: the one named, else the nearest `forge-writer.config.{json,yaml}` from `cwd` up to the root of its repository (only
 * `cwd` outside of one), else the one in `$XDG_CONFIG_HOME/forge-writer/`. Services often run under the home of somebody else, which they may not
 * enter: that passes with a warning. Undefined when there is none. Throws UsageError when a named file does not exist, UnreachablePathError when nobody
 * can say.
 */
export async function discoverConfigFile({ named, cwd, env, warn }: ConfigSearch): Promise<string | undefined> {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (!entryAt(file)) throw new UsageError(`there is no config file ${file}`)
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

/** Undefined for users without a home, as in containers that run under an id of their own. */
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
