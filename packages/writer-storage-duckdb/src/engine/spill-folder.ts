import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folders of the process that could not be shared, by the temporary folder of the system. */
const ownFolders = new Map<string, string>()

/**
 * Returns a new path for data that does not fit into memory. It is in a folder of the user (mode 0700) in the system's temporary folder, because the
 * data may be private. The engine creates it when it first needs it, and removes it when it closes.
 */
export function spillFolder(temporary: string = tmpdir()): string {
  return join(privateFolder(temporary), `${process.pid}-${randomUUID().slice(0, 8)}`)
}

function privateFolder(temporary: string): string {
  const shared = join(temporary, `forge-writer-${process.getuid?.() ?? 'user'}`)
  if (isPrivate(shared)) return shared
  const known = ownFolders.get(temporary)
  if (known !== undefined && isPrivate(known)) return known
  // The folder belongs to another user, or others may enter it.
  try {
    const own = mkdtempSync(join(temporary, 'forge-writer-'))
    process.once('exit', () => rmSync(own, { recursive: true, force: true }))
    ownFolders.set(temporary, own)
    return own
  } catch {
    // Nothing can be written here. The engine reports that if it needs the folder.
    return shared
  }
}

/** Returns whether the folder, which is created if it is missing, is a real one that only its owner, the user of the process, can enter. */
function isPrivate(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
  }
  try {
    const found = lstatSync(folder)
    if (!found.isDirectory()) return false
    return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o077) === 0)
  } catch {
    return false
  }
}
