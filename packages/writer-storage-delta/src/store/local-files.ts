import { chmod } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'
import type { EngineFiles } from './engine-files.ts'
import type { NewFiles } from './new-files.ts'
import { fileInfo, type ObjectInfo } from './object-info.ts'
import type { ObjectStore } from './object-store.ts'
import { syncDirectory, syncFile } from './sync.ts'
import { temporaryName } from './unfinished-file.ts'

export interface LocalTable {
  readonly base: string
  /** Returns the file of a path. */
  readonly file: (path: string) => string
  readonly files: NewFiles
  readonly store: Pick<ObjectStore, 'delete' | 'get' | 'list'>
}

/** The engine reads and writes the objects of a local store directly. */
export function localFiles({ base, file, files, store }: LocalTable): EngineFiles {
  async function seal(path: string): Promise<ObjectInfo> {
    // The engine may have created the folders of a partition. Each is durable once the folder above has been synced.
    const folders: string[] = []
    for (let at = dirname(file(path)); at.length >= base.length; at = dirname(at)) folders.push(at)
    // The engine creates files that everybody may read.
    await chmod(file(path), await files.mode())
    const [info] = await Promise.all([fileInfo(file(path), path), syncFile(file(path)), ...folders.map(syncDirectory)])
    return info
  }

  return {
    addressOf: file,
    pathOf: (address) => relative(base, address).split(sep).join('/'),
    async prepare() {
      await files.ensureDirectory(base)
      return base
    },
    async seal(paths) {
      const sealed: ObjectInfo[] = []
      for (const path of paths) sealed.push(await seal(path))
      return sealed
    },
    discard: (paths) => store.delete(paths),
    async discardMarked(mark) {
      const left = (await store.list('')).filter(({ path }) => path.includes(mark))
      await store.delete(left.map(({ path }) => path))
    },
    async scratch(folder) {
      const path = folder + temporaryName()
      await files.ensureDirectory(file(folder))
      return {
        address: file(path),
        bytes: () => store.get(path),
        [Symbol.asyncDispose]: () => store.delete([path]),
      }
    },
  }
}
