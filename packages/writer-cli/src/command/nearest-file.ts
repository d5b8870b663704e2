import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entryAt } from '../storage/entry-at.ts'

const EVERYBODY_WRITES = 0o002

/**
 * Returns the nearest file with one of the names from a folder upwards. The search ends at the root of the repository; outside of one, before the first
 * folder that everybody can write to, because anybody could have left a file there.
 */
export function nearestFile(names: readonly string[], from: string): string | undefined {
  const root = repositoryRoot(from)
  for (let folder = from; ; folder = dirname(folder)) {
    const file = fileIn(folder, names)
    if (file !== undefined || folder === root || dirname(folder) === folder) return file
    if (root === undefined && isOfEverybody(dirname(folder))) return undefined
  }
}

/** Returns the first of the names that is a file in the folder. */
export function fileIn(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => entryAt(path)?.isFile())
}

function repositoryRoot(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (entryAt(join(folder, '.git'))) return folder
    if (dirname(folder) === folder) return undefined
  }
}

function isOfEverybody(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  return process.platform !== 'win32' && found !== undefined && (found.mode & EVERYBODY_WRITES) !== 0
}
