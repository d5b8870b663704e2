import { dirname } from 'node:path'
import type { SpoolEntry } from '../spool/entry.ts'
import { HEARTBEAT_MS } from '../spool/liveness.ts'
import { removeSpoolFile, spoolPath, touchSpoolFile, writeSpoolFile } from '../spool/spool-file.ts'
import { spoolFolders, startingFolder } from '../spool/spool-folder.ts'
import type { EarlyPlace } from './request.ts'

/** Keeps the spool file of one run up to date. No problem here stops the command: problems are kept until the caller asks for them. */
export interface RunJournal {
  /** Names the known facts about the database until {@link RunJournal.place} is called, and writes the file. */
  hold(place: EarlyPlace): void
  /** Names the database, once it is known, and writes the file. */
  place(path: string, table?: SpoolEntry['table']): void
  /** Changes the facts about the run, and writes them if the place is known. */
  update(change: Partial<Omit<SpoolEntry, 'version' | 'identity'>>): void
  readonly entry: SpoolEntry
  /** The absolute path of the database. */
  readonly database: string | undefined
  /** The path of the file; undefined if it could not be written. */
  readonly path: string | undefined
  /** The reason why the run is not in the spool; undefined if it is. */
  readonly problem: unknown
  /** Stops the heartbeat. */
  stop(): void
  /** Removes the file of a run that is stored. */
  forget(): void
}

export function runJournal(first: SpoolEntry, env: Readonly<Record<string, string | undefined>>): RunJournal {
  let entry = first
  let folders: readonly string[] = []
  let database: string | undefined
  let path: string | undefined
  let problem: unknown = new Error('the database is not known')
  const write = () => {
    const earlier = path
    const isMoved = earlier !== undefined && !folders.includes(dirname(earlier))
    // The folder that has the file already comes first, so that no second file appears.
    for (const folder of new Set([...(earlier === undefined || isMoved ? [] : [dirname(earlier)]), ...folders])) {
      const candidate = spoolPath(folder, entry)
      try {
        writeSpoolFile(candidate, entry, { isFirst: earlier === undefined })
        path = candidate
        problem = undefined
        if (isMoved) removeSpoolFile(earlier)
        return
      } catch (error) {
        problem = error
      }
    }
  }
  const beat = setInterval(() => {
    // If another host has declared the run lost, the run appears again.
    if (path !== undefined && !touchSpoolFile(path, new Date())) write()
  }, HEARTBEAT_MS).unref()
  const place: RunJournal['place'] = (given, table) => {
    database = given
    const wanted = spoolFolders(given, env)
    const isSame = folders[0] === wanted[0]
    folders = wanted
    if (table) entry = { ...entry, table }
    if (!isSame || table) write()
  }
  return {
    hold(early) {
      if (database !== undefined) return
      if ('path' in early) return place(early.path)
      folders = [startingFolder(early.settings, env)]
      if (path === undefined) write()
    },
    place,
    update(change) {
      entry = { ...entry, ...change }
      if (folders.length > 0) write()
    },
    get entry() {
      return entry
    },
    get database() {
      return database
    },
    get path() {
      return path
    },
    get problem() {
      return problem
    },
    stop: () => clearInterval(beat),
    forget() {
      if (path !== undefined) removeSpoolFile(path)
    },
  }
}
