import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { lilconfig } from 'lilconfig'
import { UsageError } from '../command/usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const NAMES = ['forge-writer.config.json', 'forge-writer.config.yaml', 'forge-writer.config.yml']

/**
 * The config file that applies: the one named, else the nearest `forge-writer.config.{json,yaml}` from `cwd` up to the root of its repository (only
 * `cwd` outside of one), else the one in `$XDG_CONFIG_HOME/forge-writer/`. Undefined where there is none.
 * Throws UsageError where a named file does not exist.
 */
export async function discoverConfigFile({
  named,
  cwd,
  env,
}: {
  readonly named: string | undefined
  readonly cwd: string
  readonly env: Environment
}): Promise<string | undefined> {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (!existsSync(file)) throw new UsageError(`there is no config file ${file}`)
    return file
  }
  // Only the path is asked for here: the content is read, and its errors are told, in one place for all files.
  const loaders = { '.json': pathOnly, '.yaml': pathOnly, '.yml': pathOnly }
  const search = (from: string, stopDir: string) =>
    lilconfig('forge-writer', { searchPlaces: NAMES, stopDir, loaders }).search(from)
  const userDir = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'forge-writer')
  const found = (await search(cwd, repositoryRoot(cwd))) ?? (await search(userDir, userDir))
  return found?.filepath
}

function pathOnly(path: string): string {
  return path
}

function repositoryRoot(cwd: string): string {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return directory
    if (dirname(directory) === directory) return cwd
  }
}
