import { realDatabasePath } from './database-path.ts'
import { SharedFile, type SharedOptions } from './shared-file.ts'

/** A database file that all storages of this process share. */
export interface DatabaseFile {
  readonly file: SharedFile
  /** Ends the use by one storage. The last one closes the file and the engine. */
  leave(): Promise<void>
}

const files = new Map<string, { readonly file: SharedFile; users: number }>()

/** Returns the handle of the file in this process. A read-only handle is separate; the two take turns as two processes do. */
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
