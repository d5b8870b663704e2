import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { entryAt, UnreachablePathError } from '../storage/entry-at.ts'
import { fileIn, nearestFile } from './nearest-file.ts'
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
 * Finds the config file: the named one, or the nearest `forge-writer.config.{json,yaml}` from `cwd` upwards (see {@link nearestFile}), or the one in `$XDG_CONFIG_HOME/forge-writer/`. Returns undefined without such a file. A config folder of the user that may
 * not be entered is skipped with a warning, because services often run with the home of another user. Throws UsageError if the named file does not
 * exist, UnreachablePathError if that cannot be checked.
 */
export function discoverConfigFile({ named, cwd, env, warn }: ConfigSearch): string | undefined {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (!entryAt(file)) throw new UsageError(`config file ${file} does not exist`)
    return file
  }
  return nearestFile(NAMES, cwd) ?? inUserDirectory(env, warn)
}

function inUserDirectory(env: Environment, warn: ConfigSearch['warn']): string | undefined {
  const directory = userDirectory(env)
  try {
    return directory === undefined ? undefined : fileIn(directory, NAMES)
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
