import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface FoundInput {
  readonly path: string
  /** True where the caller named the file itself; false where it was found in a folder. */
  readonly isNamed: boolean
}

const KNOWN = /\.(json|ndjson|jsonl|csv|tsv|parquet)(\.gz)?$/i

/**
 * The files to read: those named, and in folders those with a known ending, by name, at any depth, hidden folders left out.
 * Rejects with the system's error where a path does not exist.
 */
export async function findInputs(paths: readonly string[]): Promise<FoundInput[]> {
  const found: FoundInput[] = []
  for (const path of paths) {
    if (path === '-' || !(await stat(path)).isDirectory()) found.push({ path, isNamed: true })
    else for (const inside of await filesIn(path)) found.push({ path: inside, isNamed: false })
  }
  return found
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesIn(path)))
    else if (entry.isFile() && KNOWN.test(entry.name)) found.push(path)
  }
  return found
}
