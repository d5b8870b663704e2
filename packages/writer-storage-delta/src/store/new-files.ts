import { fstatSync } from 'node:fs'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, missingAsUndefined } from './error-code.ts'
import { syncDirectory } from './sync.ts'
import { temporaryName } from './unfinished-file.ts'

/** Creates files with durable bytes, and the folders that contain them. */
export interface NewFiles {
  /** Creates the folder, so that it survives a loss of power. */
  ensureDirectory(directory: string): Promise<void>
  /** Creates a new file whose name is durable. */
  create(target: string, bytes: Uint8Array): Promise<{ readonly modifiedMs: number }>
  /** Creates a file next to `target` under a name of its own, which is not durable yet. */
  temporary(target: string, bytes: Uint8Array): Promise<string>
}

export function newFiles(): NewFiles {
  const durable = new Set<string>()

  async function ensureDirectory(directory: string): Promise<void> {
    const first = await mkdir(directory, { recursive: true })
    if (first === undefined && durable.has(directory)) return
    await syncAncestors(directory)
    durable.add(directory)
  }

  /** The folders that are known to exist and need no check. */
  async function openNew(target: string): Promise<FileHandle> {
    const directory = dirname(target)
    const handle = durable.has(directory) ? await missingAsUndefined(open(target, 'wx')) : undefined
    if (handle) return handle
    await ensureDirectory(directory)
    return open(target, 'wx')
  }

  /** Deletes the file again if it cannot be filled. */
  async function fill(target: string, bytes: Uint8Array, alsoSync: () => Promise<void> | undefined) {
    const handle = await openNew(target)
    try {
      await handle.writeFile(bytes)
      await Promise.all([handle.sync(), alsoSync()])
      // For an open file this takes microseconds; through the thread pool it would take as long as a write.
      return { modifiedMs: Math.floor(fstatSync(handle.fd).mtimeMs) }
    } catch (error) {
      await unlink(target).catch(() => undefined)
      throw error
    } finally {
      await handle.close()
    }
  }

  return {
    ensureDirectory,
    create: (target, bytes) => fill(target, bytes, () => syncDirectory(dirname(target))),
    async temporary(target, bytes) {
      const temporary = join(dirname(target), temporaryName())
      await fill(temporary, bytes, () => undefined)
      return temporary
    },
  }
}

/** Makes a directory durable by syncing those above it: the process that created them may have died before that. */
async function syncAncestors(directory: string): Promise<void> {
  for (let at = dirname(directory); ; at = dirname(at)) {
    try {
      await syncDirectory(at)
    } catch (error) {
      // A folder that this user may not open was not created by this user.
      if (!['EACCES', 'EPERM', 'EROFS', 'EINVAL'].includes(errorCode(error) ?? '')) throw error
    }
    if (at === dirname(at)) return
  }
}
