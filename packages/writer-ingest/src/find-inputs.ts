import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { WriterConfigurationError } from '@forge/writer-core'

export interface FoundInput {
  /** Absolute; `-` for standard input. */
  readonly path: string
  /** As the caller named it, or under the folder as the caller named that. */
  readonly name: string
  /** True where the caller named the file itself; false where it was found in a folder. */
  readonly isNamed: boolean
}

const KNOWN = /\.(json|ndjson|jsonl|csv|tsv|parquet)(\.gz)?$/i

/**
 * The files to read: those named, and in folders those with a known ending, by name, at any depth, hidden folders left out. Names are meant against
 * `cwd`, by default that of the process. A folder that cannot be read is given as it is, and fails when it is read. Throws WriterConfigurationError for a path that does not exist.
 */
export async function findInputs(names: readonly string[], { cwd = process.cwd() } = {}): Promise<FoundInput[]> {
  const found: FoundInput[] = []
  for (const name of names) {
    const path = name === '-' ? name : resolve(cwd, name)
    if (path === '-' || !(await isFolder(path))) found.push({ path, name, isNamed: true })
    else found.push(...(await filesIn(name, cwd)))
  }
  return found
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'it is not there' : `it cannot be reached, ${code}`
    throw new WriterConfigurationError(`there is no file ${path} that can be read: ${reason}`, {
      context: { path, reason },
      cause: error,
    })
  }
}

async function filesIn(folder: string, cwd: string): Promise<FoundInput[]> {
  const path = resolve(cwd, folder)
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  // A folder that may not be read is an input that cannot be: it must not pass for an empty one, and the others are read.
  if (entries === undefined) return [{ name: folder, path, isNamed: true }]
  const found: FoundInput[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const name = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesIn(name, cwd)))
    else if (entry.isFile() && KNOWN.test(entry.name)) found.push({ name, path: resolve(cwd, name), isNamed: false })
  }
  return found
}
