import { randomUUID } from 'node:crypto'
import { existsSync, fstatSync, readdirSync, renameSync } from 'node:fs'
import { inodeKey, logPath } from './database-path.ts'

/**
 * Runs `close`, by which the engine removes the log under the name of a file that is no longer its own, and keeps the log there that came with the file
 * that took its place. `known`: the log that the engine last had, as `device:inode`.
 */
export async function keepingLogOfOthers(
  path: string,
  known: string | undefined,
  close: () => Promise<void>,
): Promise<void> {
  const log = logPath(path)
  const current = inodeKey(log)
  if (current === undefined || current === known || isOpenHere(current)) return close()
  const kept = `${log}.${randomUUID()}.kept`
  renameSync(log, kept)
  try {
    await close()
  } finally {
    if (!existsSync(log)) renameSync(kept, log)
  }
}

/** Whether this process has the file open; only Linux says so. */
function isOpenHere(inode: string): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      const { dev, ino } = fstatSync(Number(descriptor), { bigint: true })
      return `${dev}:${ino}` === inode
    } catch {
      return false
    }
  })
}
