import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, missingAsUndefined } from './error-code.ts'
import { syncDirectory } from './sync.ts'
import { temporaryName } from './unfinished-file.ts'

/** Makes files whose bytes are durable, and the folders that they lie in. */
export interface NewFiles {
  /** The folder is there, and stays there where power is lost. */
  ensureDirectory(directory: string): Promise<void>
  /** A file that was not there before, with its name durable. */
  create(target: string, bytes: Uint8Array): Promise<{ readonly modifiedMs: number }>
  /** A file beside `target` of a name of its own, which is not durable yet. */
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

  /** Most of the time the folder is known, and need not be looked at again. */
  async function openNew(target: string): Promise<FileHandle> {
    const directory = dirname(target)
    const handle = durable.has(directory) ? await missingAsUndefined(open(target, 'wx')) : undefined
    if (handle) return handle
    await ensureDirectory(directory)
    return open(target, 'wx')
  }

  /** The file is gone again where it could not be filled. */
  async function fill(target: string, bytes: Uint8Array, alsoSync: () => Promise<void> | undefined) {
    const handle = await openNew(target)
    try {
      await handle.writeFile(bytes)
      const [{ mtimeMs }] = await Promise.all([handle.stat(), handle.sync(), alsoSync()])
      return { modifiedMs: Math.floor(mtimeMs) }
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

/** A directory is durable once those above know of it; who made them may have died before that. */
async function syncAncestors(directory: string): Promise<void> {
  for (let at = dirname(directory); ; at = dirname(at)) {
    try {
      await syncDirectory(at)
    } catch (error) {
      // Folders that this user may not open are not this user's to make.
      if (!['EACCES', 'EPERM', 'EROFS', 'EINVAL'].includes(errorCode(error) ?? '')) throw error
    }
    if (at === dirname(at)) return
  }
}
