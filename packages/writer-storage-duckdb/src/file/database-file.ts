import { realDatabasePath } from './database-path.ts'
import { SharedFile, type SharedOptions } from './shared-file.ts'

/** One database file, shared by all storages of this process on it. */
export interface DatabaseFile {
  readonly file: SharedFile
  /** The storage is done with it: after the last, everything is closed. */
  leave(): Promise<void>
}

const files = new Map<string, { readonly file: SharedFile; users: number }>()

/** The one handle for the file in this process. One for reading only is a handle of its own; the two take turns as processes do. */
export function databaseFile(path: string, options: SharedOptions): DatabaseFile {
  const real = realDatabasePath(path)
  const key = `${options.readOnly ? 'r' : 'w'}:${real}`
  const entry = files.get(key) ?? { file: new SharedFile(real, options), users: 0 }
  files.set(key, entry)
  entry.users++
  return {
    file: entry.file,
    async leave() {
      if (--entry.users > 0) return
      files.delete(key)
      await entry.file.letGo({ dropEngine: true })
    },
  }
}
