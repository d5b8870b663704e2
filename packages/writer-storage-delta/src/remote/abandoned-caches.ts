import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OWNER_DIGITS, ownerState } from '../store/owner.ts'

/** The start of the name of a cache's folder. The mark of its process follows. */
export const CACHE_PREFIX = 'forge-writer-cache-'

/** Deletes the folders of caches whose process has ended. Never throws: the next process tries again. */
export async function removeAbandoned(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(CACHE_PREFIX)) continue
    const mark = name.slice(CACHE_PREFIX.length, CACHE_PREFIX.length + OWNER_DIGITS)
    if (ownerState(mark) !== 'gone') continue
    const folder = join(directory, name)
    const info = await lstat(folder).catch(() => undefined)
    // In a shared folder, another user may have created the name as a link.
    if (!info?.isDirectory() || (process.getuid && info.uid !== process.getuid())) continue
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}
