import { randomUUID } from 'node:crypto'
import { existsSync, fstatSync, readdirSync, renameSync } from 'node:fs'
import { inodeKey, logPath } from './database-path.ts'

/**
 * Runs `close` for a file that was replaced, and keeps the log of the new file, which the engine would remove because it has the name of its own log.
 * `known` is the log that the engine had last, as `device:inode`.
 */
export async function keepLogOfOthers(
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

/** Returns true if this process has the file open. Only Linux can answer; others return false. */
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
