import { stat } from 'node:fs/promises'
import { WriterTableError } from '@forge/writer-core'

/** Returns a text that every commit changes: the inodes, sizes and times of the database and its write-ahead log. */
export async function readChangeMark(path: string): Promise<string> {
  const marks = await Promise.all([markOf(path), markOf(`${path}.wal`)])
  return marks.join(' ')
}

async function markOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino}:${size}:${mtimeNs}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '-'
    throw new WriterTableError(`${path} cannot be examined`, { context: { path }, cause: error })
  }
}
