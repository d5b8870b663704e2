import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, unlink } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { EngineFiles, LeasedFile } from '../store/engine-files.ts'
import { missingAsUndefined } from '../store/error-code.ts'
import type { ObjectInfo } from '../store/object-info.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { FileCache, WantedFile } from './file-cache.ts'

/** The objects of one table in a remote store. */
export interface RemoteObjects extends Omit<ObjectStore, 'engine' | 'isRemote' | 'replace' | 'forgetChecksum'> {
  /** Returns the one name of an object, which `path` may name relative to the table or absolutely. */
  keyOf(path: string): string
  /** Downloads an object into a local file, and resolves with its size. Throws WriterTableError if it does not exist. */
  download(path: string, file: string): Promise<number>
  /** Creates an object from a local file. Resolves with its facts. */
  upload(path: string, file: string): Promise<ObjectInfo>
}

const UPLOADS_AT_ONCE = 4

/** Returns a store whose files the engine reads and writes as local copies. */
export function cachedStore(objects: RemoteObjects, cache: FileCache): ObjectStore {
  return {
    ...objects,
    isRemote: true,
    async delete(paths) {
      await objects.delete(paths)
      await cache.forget(paths.map(objects.keyOf))
    },
    engine: cachedFiles(objects, cache),
  }
}

function cachedFiles(objects: RemoteObjects, cache: FileCache): EngineFiles {
  /** The folder of the files that the engine has written and that are not uploaded. */
  const folderName = `new-${createHash('sha256').update(objects.location).digest('hex').slice(0, 16)}`
  let folder = ''
  const fileOf = (path: string) => join(folder, ...path.split('/'))
  const toWanted = ({ path }: LeasedFile): WantedFile => ({
    key: objects.keyOf(path),
    fetch: (target) => objects.download(path, target),
  })

  return {
    addressOf: (path) => cache.addressOf(objects.keyOf(path)),
    pathOf: (address) => relative(folder, address).split(sep).join('/'),
    async prepare() {
      folder = await cache.folder(folderName)
      return folder
    },
    async seal(paths) {
      const uploaded = new Map<string, ObjectInfo>()
      try {
        await eachOf(paths, async (path) => {
          const info = await objects.upload(path, fileOf(path))
          uploaded.set(path, info)
          await cache.adopt(objects.keyOf(path), fileOf(path), info.sizeBytes)
        })
      } catch (error) {
        // A later vacuum deletes what cannot be deleted now.
        await objects.delete([...uploaded.keys()]).catch(() => undefined)
        throw error
      }
      return paths.flatMap((path) => uploaded.get(path) ?? [])
    },
    async discard(paths) {
      for (const path of paths) await missingAsUndefined(unlink(fileOf(path)))
    },
    async discardMarked(mark) {
      const left = (await missingAsUndefined(readdir(folder, { recursive: true }))) ?? []
      for (const name of left) if (name.includes(mark)) await missingAsUndefined(unlink(join(folder, name)))
    },
    async lease(files) {
      const lease = await cache.lease(files.map(toWanted))
      // The log does not know the sizes of its own files. They are read once, and may be replaced by a repair.
      const own = files.filter(({ sizeBytes }) => sizeBytes === undefined).map(({ path }) => objects.keyOf(path))
      return {
        [Symbol.dispose]() {
          lease[Symbol.dispose]()
          if (own.length > 0) void cache.forget(own).catch(() => undefined)
        },
      }
    },
    async scratch() {
      const address = join(await cache.folder('scratch'), randomUUID())
      return {
        address,
        bytes: () => missingAsUndefined(readFile(address)),
        async [Symbol.asyncDispose]() {
          await missingAsUndefined(unlink(address))
        },
      }
    },
  }
}

/** Runs work on all items, several at once. Throws the first error when all running work has ended. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const worker = async () => {
    while (next < items.length && failure === undefined) {
      for (const item of items.slice(next++, next)) {
        await work(item).catch((error: unknown) => {
          failure ??= { error }
        })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(UPLOADS_AT_ONCE, items.length) }, worker))
  if (failure) throw failure.error
}
