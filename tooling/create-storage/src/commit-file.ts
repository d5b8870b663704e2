import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ColumnDefinition, CommitResult } from '@forge/writer-core'

/** One version of a table: its metadata and the rows that it added. Its file is never changed. */
export interface CommitFile {
  readonly batchId: string
  readonly result: CommitResult
  /** The columns of the table from this version on. */
  readonly columns: readonly ColumnDefinition[]
  /** The rows, each as an array of values in the order of `columns`. */
  readonly rows: readonly (readonly unknown[])[]
}

/** Returns the existing versions, oldest first; none if the folder does not exist. */
export async function listVersions(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /^\d{20}\.json$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b)
}

export async function readCommit(directory: string, version: number): Promise<CommitFile> {
  return JSON.parse(await readFile(fileOf(directory, version), 'utf8'))
}

/**
 * Creates the file of a version atomically. Returns false if it already exists, because another writer was first.
 * The file and its folder are on disk when the promise resolves.
 */
export async function putIfAbsent(directory: string, version: number, commit: CommitFile): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const temporary = join(directory, `.${randomUUID()}.tmp`)
  try {
    await writeDurably(temporary, JSON.stringify(commit))
    await link(temporary, fileOf(directory, version))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(directory)
  return true
}

/** Returns the total size of the versions in bytes. */
export async function sizeOf(directory: string, versions: readonly number[]): Promise<number> {
  const sizes = await Promise.all(versions.map(async (version) => (await stat(fileOf(directory, version))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function fileOf(directory: string, version: number): string {
  return join(directory, `${String(version).padStart(20, '0')}.json`)
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
