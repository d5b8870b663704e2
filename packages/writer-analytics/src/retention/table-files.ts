import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** One file of a table. */
export interface TableFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Lists the files of a table's location: all files in a folder; a single file together with those next to it whose names start with its name.
 * Undefined if the location is neither, such as for a table in memory or in an object store.
 */
export async function tableFiles(location: string): Promise<TableFile[] | undefined> {
  const found = await stat(location).catch(() => undefined)
  if (found?.isDirectory()) return filesIn(location)
  if (!found?.isFile()) return undefined
  const entries = await readdir(dirname(location))
  const own = entries.filter((name) => name.startsWith(basename(location)))
  return (await Promise.all(own.map((name) => fileAt(join(dirname(location), name))))).flatMap((file) => file ?? [])
}

/** Returns the bytes that the table takes on disk, older versions and logs included; undefined if unknown. */
export async function bytesOnDisk(location: string): Promise<number | undefined> {
  return (await tableFiles(location))?.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function filesIn(folder: string): Promise<TableFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => fileAt(join(entry.parentPath, entry.name)))
  return (await Promise.all(files)).flatMap((file) => file ?? [])
}

// A file may disappear between the listing and this call.
async function fileAt(path: string): Promise<TableFile | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? { path, bytes: found.size } : undefined
}
