import { fstatSync } from 'node:fs'
import { type FileHandle, mkdir, open, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, missingAsUndefined } from './error-code.ts'
import { syncDirectory } from './sync.ts'
import { temporaryName } from './unfinished-file.ts'

/** Creates files with durable bytes, and the folders that contain them. */
export interface NewFiles {
  /** Creates the folder with mode 0700, so that it survives a loss of power. */
  ensureDirectory(directory: string): Promise<void>
  /** Resolves with the mode of new files. The folder of the table must exist. */
  mode(): Promise<number>
  /** Creates a new file whose name is durable. */
  create(target: string, bytes: Uint8Array): Promise<{ readonly modifiedMs: number }>
  /** Creates a file next to `target` under a name of its own, which is not durable yet. */
  temporary(target: string, bytes: Uint8Array): Promise<string>
}

/** Creates folders with mode 0700, and files with the mode of the table's folder, so that a table that people share stays shared. */
export function newFiles(root: string): NewFiles {
  /** The folders that are known to exist and need no check. */
  const durable = new Set<string>()
  let knownMode: number | undefined

  async function ensureDirectory(directory: string): Promise<void> {
    const first = await mkdir(directory, { recursive: true, mode: 0o700 })
    if (first === undefined && durable.has(directory)) return
    await syncAncestors(directory)
    durable.add(directory)
  }

  async function mode(): Promise<number> {
    knownMode ??= (await stat(root)).mode & 0o666
    return knownMode
  }

  async function openNew(target: string): Promise<FileHandle> {
    const directory = dirname(target)
    const handle = durable.has(directory) ? await missingAsUndefined(open(target, 'wx', await mode())) : undefined
    if (handle) return handle
    await ensureDirectory(directory)
    return open(target, 'wx', await mode())
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
    mode,
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
