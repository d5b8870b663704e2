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
 * `cwd`, by default that of the process. Throws WriterConfigurationError for a path that does not exist.
 */
export async function findInputs(names: readonly string[], { cwd = process.cwd() } = {}): Promise<FoundInput[]> {
  const found: FoundInput[] = []
  for (const name of names) {
    const path = name === '-' ? name : resolve(cwd, name)
    if (path === '-' || !(await isFolder(path))) found.push({ path, name, isNamed: true })
    else for (const inside of await filesIn(name, cwd)) found.push({ ...inside, isNamed: false })
  }
  return found
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw new WriterConfigurationError(`there is no file ${path} that can be read`, { context: { path }, cause: error })
  }
}

async function filesIn(folder: string, cwd: string): Promise<Omit<FoundInput, 'isNamed'>[]> {
  const entries = await readdir(resolve(cwd, folder), { withFileTypes: true })
  const found: Omit<FoundInput, 'isNamed'>[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const name = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesIn(name, cwd)))
    else if (entry.isFile() && KNOWN.test(entry.name)) found.push({ name, path: resolve(cwd, name) })
  }
  return found
}
