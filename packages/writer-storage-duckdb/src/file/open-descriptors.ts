import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterTableError } from '@forge/writer-core'
import { logPath } from './database-path.ts'

const MAX_ATTEMPTS = 200

/** The descriptors of files that a parent process had open for reading when it started this process. Nobody closes them. */
const inherited = new Map<string, ReadonlySet<string>>()

/** Notes which descriptors of the file this process has inherited. Has to be called while it holds the lock of the file and has not opened it. */
export function noteInherited(path: string): void {
  if (!inherited.has(path)) inherited.set(path, new Set(descriptorsOf(path)))
}

/** Resolves when this process has no descriptor of the file left that it opened. The file must not be opened again before that. */
export async function untilClosed(path: string): Promise<void> {
  const others = inherited.get(path)
  for (let attempt = 0; descriptorsOf(path).some((descriptor) => !others?.has(descriptor)); attempt++) {
    if (attempt === MAX_ATTEMPTS)
      throw new WriterTableError('the engine does not close the database file', { context: { path } })
    await sleep(5)
  }
}

function descriptorsOf(path: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target === path || target === logPath(path)
    } catch {
      return false
    }
  })
}
