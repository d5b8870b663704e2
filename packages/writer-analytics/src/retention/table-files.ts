import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** One file of a table. */
export interface TableFile {
  readonly path: string
  readonly bytes: number
}

/**
 * The files under a table's location: all in it where it is a folder, it and those beside it that start with its name where it is a file. Undefined
 * where it is neither, such as for a table in memory or on an object store.
 */
export async function tableFiles(location: string): Promise<TableFile[] | undefined> {
  const found = await stat(location).catch(() => undefined)
  if (found?.isDirectory()) return filesIn(location)
  if (!found?.isFile()) return undefined
  const entries = await readdir(dirname(location))
  const own = entries.filter((name) => name.startsWith(basename(location)))
  return (await Promise.all(own.map((name) => fileAt(join(dirname(location), name))))).flatMap((file) => file ?? [])
}

/** Bytes that the table takes on disk, older versions and logs included; undefined where that cannot be told. */
export async function bytesOnDisk(location: string): Promise<number | undefined> {
  return (await tableFiles(location))?.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function filesIn(folder: string): Promise<TableFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => fileAt(join(entry.parentPath, entry.name)))
  return (await Promise.all(files)).flatMap((file) => file ?? [])
}

// A file may be gone between the listing and the look at it.
async function fileAt(path: string): Promise<TableFile | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? { path, bytes: found.size } : undefined
}
