import { existsSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the folders that may hold the spool of a database: the one next to it, and one of the user, for a database in a folder that the user may not
 * write to, or in an object store.
 */
export function spoolFolders(path: string, env: Environment = process.env): readonly string[] {
  const ofUser = folderOfUser(path, env)
  // Next to an address such as `s3://bucket/logs` nothing can be written without a network.
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? [ofUser] : [`${path}.spool`, ofUser]
}

/**
 * Returns the folder of the user for runs whose database is not known yet, because settings have to be read first. `settings` identifies these settings.
 */
export function startingFolder(settings: string, env: Environment = process.env): string {
  return folderOfUser(`settings of ${settings}`, env)
}

function folderOfUser(key: string, env: Environment): string {
  // Loaded late: this runs once a command has started.
  const name = process.getBuiltinModule('node:crypto').createHash('sha256').update(key).digest('hex').slice(0, 16)
  return join(stateFolder(env), 'forge-writer', 'spool', name)
}

/** Returns whether one of the folders exists. */
export function hasSpool(folders: readonly string[]): boolean {
  return folders.some((folder) => existsSync(folder))
}

function stateFolder({ XDG_STATE_HOME, HOME }: Environment): string {
  if (XDG_STATE_HOME) return XDG_STATE_HOME
  try {
    return join(HOME || homedir(), '.local', 'state')
  } catch {
    return tmpdir()
  }
}
