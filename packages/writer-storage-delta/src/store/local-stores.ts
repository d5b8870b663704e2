import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { missingAsUndefined } from './error-code.ts'
import { type LocalStoreOptions, localStore } from './local-store.ts'
import type { ObjectStores } from './object-store.ts'

/** Creates the stores of the tables in a folder of the file system. */
export function localStores(folder: string, options: LocalStoreOptions = {}): ObjectStores {
  const location = resolve(folder)
  return {
    location,
    open: (path) => localStore(join(location, path), options),
    async folders(path) {
      const entries = (await missingAsUndefined(readdir(join(location, path), { withFileTypes: true }))) ?? []
      return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
    },
    hasFolder: async (path) => (await missingAsUndefined(stat(join(location, path))))?.isDirectory() ?? false,
    async close() {},
  }
}
