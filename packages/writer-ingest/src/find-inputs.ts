import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { WriterConfigurationError } from '@forge/writer-core'

export interface FoundInput {
  /** Absolute; `-` for standard input. */
  readonly path: string
  /** As the caller named it, or under the folder as the caller named that. */
  readonly name: string
  /** True when the caller named the file itself; false when it was found in a folder. */
  readonly isNamed: boolean
}

/** What a folder holds and is not read, and why. */
export interface LeftOut {
  readonly name: string
  readonly reason: string
}

export interface FindOptions {
  /** Folder against which names are meant. Default: that of the process. */
  readonly cwd?: string | undefined
  /** Called for links that lead nowhere, and for those to what is read already. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined
}

const KNOWN = /\.(json|ndjson|jsonl|csv|tsv|parquet)(\.gz)?$/i

/**
 * Returns the files to read: those named, and in folders those with a known ending, by name, at any depth. Symbolic links are followed, each file is read
 * once. What begins with a dot or an underscore is left out, as Hadoop and Spark do: it is hidden, or not committed. A folder that cannot be read is given
 * as it is, and fails when it is read.
 * Throws WriterConfigurationError for a path that does not exist.
 */
export async function findInputs(names: readonly string[], options: FindOptions = {}): Promise<FoundInput[]> {
  const { cwd = process.cwd() } = options
  const found: FoundInput[] = []
  for (const name of names) {
    const path = name === '-' ? name : resolve(cwd, name)
    if (path === '-' || !(await isFolder(path))) found.push({ path, name, isNamed: true })
    else {
      const walk: Walk = { cwd, found, seen: new Set([await realpath(path)]), onLeftOut: options.onLeftOut }
      const inside = found.length
      await addFilesIn(name, walk)
      found.push(...found.splice(inside).sort((a, b) => (a.name < b.name ? -1 : 1)))
    }
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

interface Walk {
  readonly cwd: string
  readonly found: FoundInput[]
  /** Real paths of the folders and linked files that are part of it. */
  readonly seen: Set<string>
  readonly onLeftOut: FindOptions['onLeftOut']
}

async function addFilesIn(folder: string, walk: Walk): Promise<void> {
  const path = resolve(walk.cwd, folder)
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  // A folder that may not be read is an input that cannot be: it must not pass for an empty one, and the others are read.
  if (entries === undefined) walk.found.push({ name: folder, path, isNamed: true })
  const links: string[] = []
  for (const entry of entries ?? []) {
    if (/^[._]/.test(entry.name) || entry.name === 'node_modules') continue
    const name = join(folder, entry.name)
    if (entry.isSymbolicLink()) links.push(name)
    else if (entry.isDirectory()) await addFolder(name, walk)
    else if (entry.isFile()) await addFile(name, walk)
  }
  // After what they may link to.
  for (const name of links) await addLink(name, walk)
}

async function addLink(name: string, walk: Walk): Promise<void> {
  try {
    const target = await stat(resolve(walk.cwd, name))
    if (target.isDirectory()) await addFolder(name, walk)
    else if (target.isFile()) await addFile(name, walk)
  } catch (error) {
    const reason = `a link that leads nowhere: ${error instanceof Error ? error.message : String(error)}`
    walk.onLeftOut?.({ name, reason })
  }
}

async function addFolder(name: string, walk: Walk): Promise<void> {
  if (await isNew(name, walk)) await addFilesIn(name, walk)
}

async function addFile(name: string, walk: Walk): Promise<void> {
  if (!KNOWN.test(name)) return
  if (await isNew(name, walk)) walk.found.push({ name, path: resolve(walk.cwd, name), isNamed: false })
}

async function isNew(name: string, { cwd, seen, onLeftOut }: Walk): Promise<boolean> {
  const real = await realpath(resolve(cwd, name)).catch(() => undefined)
  if (real === undefined) return false
  if (seen.has(real)) {
    onLeftOut?.({ name, reason: `a link to ${real}, which is read already` })
    return false
  }
  seen.add(real)
  return true
}
