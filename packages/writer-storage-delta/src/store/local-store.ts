import type { Dirent } from 'node:fs'
import { constants, realpathSync } from 'node:fs'
import { copyFile, link, open, readdir, readFile, rename, unlink, utimes } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import { errorCode, missingAsUndefined } from './error-code.ts'
import { localFiles } from './local-files.ts'
import { type NewFiles, newFiles } from './new-files.ts'
import { fileInfo, type ObjectInfo } from './object-info.ts'
import type { ObjectStore } from './object-store.ts'
import { syncDirectory, syncFile } from './sync.ts'

export interface LocalStoreOptions {
  /**
   * Allows commits by an exclusive copy if the file system has no hard links. Safe only if no other process writes to the table; a crash may leave
   * half a commit. Default false: such file systems are refused.
   */
  readonly unsafeSingleWriter?: boolean | undefined
}

/**
 * A store of objects as files under `root`. Creates a temporary file, then calls fsync, `link` and fsync of the directory, so that no reader sees a
 * part.
 */
export function localStore(root: string, { unsafeSingleWriter = false }: LocalStoreOptions = {}): ObjectStore {
  const base = resolve(root)
  const file = (path: string) => underBase(base, toLocalPath(base, path))
  const files = newFiles(base)

  const store: Omit<ObjectStore, 'engine'> = {
    location: base,
    async putIfAbsent(path, bytes) {
      const target = file(path)
      const temporary = await files.temporary(target, bytes)
      const isNew = await linkIfAbsent(temporary, target, unsafeSingleWriter).catch(async (error: unknown) => {
        await unlink(temporary)
        throw error
      })
      await Promise.all([unlink(temporary), isNew && syncDirectory(dirname(target))])
      return isNew
    },
    put: (path, bytes) => replace(files, file(path), bytes),
    replace: (path, bytes, modifiedMs) => replace(files, file(path), bytes, modifiedMs),
    create: (path, bytes) => files.create(file(path), bytes),
    get: (path) => missingAsUndefined(readWhole(file(path), path)),
    getRange: (path, offset, length) => readRange(file(path), offset, length),
    async list(prefix) {
      const entries: ObjectInfo[] = []
      await collect(base, prefix, entries)
      return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
    },
    async listPaths(prefix) {
      const entries = (await missingAsUndefined(readdir(join(base, prefix), { withFileTypes: true }))) ?? []
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : prefix + entry.name)).sort()
    },
    head: (path) => missingAsUndefined(fileInfo(file(path), path)),
    heads: (paths) => Promise.all(paths.map((path) => missingAsUndefined(fileInfo(file(path), path)))),
    async delete(paths) {
      for (const path of paths) await missingAsUndefined(unlink(file(path)))
    },
    forgetChecksum: (path) => store.delete([checksumPath(path)]),
  }
  return { ...store, engine: localFiles({ base, file, files, store }) }
}

/** Creates or replaces a file in one step, and sets its time if one is given. */
async function replace(files: NewFiles, target: string, bytes: Uint8Array, modifiedMs?: number): Promise<void> {
  const temporary = await files.temporary(target, bytes)
  if (modifiedMs !== undefined) await utimes(temporary, modifiedMs / 1000, modifiedMs / 1000)
  await rename(temporary, target)
  await syncDirectory(dirname(target))
}

/** Returns the path of the file in which Hadoop keeps the checksum of a local file. */
function checksumPath(path: string): string {
  return path.replace(/[^/]*$/, (name) => `.${name}.crc`)
}

/** Resolves a path that is already decoded: what still looks encoded is part of a name. */
function toLocalPath(base: string, path: string): string {
  // `file:/x`, `file:///x` and `file://host/x`; a drive of Windows follows a slash.
  const absolute = /^file:(?:\/\/[^/]*)?(?:\/(?=[a-z]:\/))?(.*)$/is.exec(path)?.[1]
  if (absolute !== undefined) return resolve(absolute)
  const scheme = /^([a-z][a-z0-9+.-]+):\//i.exec(path)?.[1]
  if (scheme !== undefined) {
    throw new WriterUnsupportedError(`a local table refers to files outside the file system: ${scheme}`, {
      context: { feature: `${scheme}: paths` },
    })
  }
  return isAbsolute(path) ? resolve(path) : join(base, path)
}

/** Returns one address for each file of the table, even if its absolute path and the table's path differ by a link. */
function underBase(base: string, address: string): string {
  if (address.startsWith(base)) return address
  const inside = relative(realPath(base), address)
  return inside.startsWith('..') || isAbsolute(inside) ? address : join(base, inside)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Links the file as `target`. Resolves with false if `target` exists already. */
async function linkIfAbsent(temporary: string, target: string, unsafeSingleWriter: boolean): Promise<boolean> {
  try {
    await link(temporary, target)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) throw error
    if (!unsafeSingleWriter) {
      throw new WriterUnsupportedError('this file system has no hard links, so commits are not safe', {
        suggestions: [
          'Put the table on a local file system such as ext4, xfs, apfs or ntfs.',
          'Set `unsafeSingleWriter: true` if only one process ever writes to the table.',
        ],
        cause: error,
      })
    }
  }
  try {
    await copyFile(temporary, target, constants.COPYFILE_EXCL)
    await syncFile(target)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Throws WriterUnsupportedError, with its size, for a file that is too large to be read at once. */
async function readWhole(file: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    if (errorCode(error) !== 'ERR_FS_FILE_TOO_LARGE') throw error
    const { sizeBytes } = await fileInfo(file, path)
    throw new WriterUnsupportedError(`${path} is too large to be read: ${sizeBytes} bytes`, {
      context: { feature: 'large files of the log', path, sizeBytes },
      suggestions: ['Let the engine that wrote the table write a checkpoint of its newest version.'],
      cause: error,
    })
  }
}

async function readRange(file: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await missingAsUndefined(open(file, 'r'))
  if (handle === undefined) throw new WriterTableError('a file of the table is missing', { context: { file } })
  try {
    const bytes = new Uint8Array(length)
    const { bytesRead } = await handle.read(bytes, 0, length, offset)
    if (bytesRead < length)
      throw new WriterTableError(`file ends before byte ${offset + length}`, { context: { file } })
    return bytes
  } finally {
    await handle.close()
  }
}

async function collect(base: string, prefix: string, into: ObjectInfo[]): Promise<void> {
  const directory = join(base, prefix)
  const entries: Dirent[] = (await missingAsUndefined(readdir(directory, { withFileTypes: true }))) ?? []
  const infos = await Promise.all(
    entries.map(async (entry) => {
      const path = prefix + entry.name
      if (entry.isDirectory()) {
        await collect(base, `${path}/`, into)
        return undefined
      }
      // A file may disappear between the listing and this call.
      return entry.isFile() ? missingAsUndefined(fileInfo(join(base, path), path)) : undefined
    }),
  )
  for (const info of infos) if (info) into.push(info)
}
