import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { WriterConfigurationError } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'

export interface FoundInput {
  /** The absolute path; `-` for standard input. */
  readonly path: string
  /** The path as given by the caller, or the path under the folder that the caller gave. */
  readonly name: string
  /** True if the caller named the file; false if it was found in a folder. */
  readonly isNamed: boolean
}

/** An entry of a folder that is not read, with the reason. */
export interface LeftOut {
  readonly name: string
  readonly reason: string
}

export interface FindOptions {
  /** The folder that relative names are resolved against. Default: the working directory. */
  readonly cwd?: string | undefined
  /** Called for broken links, and for links to files that are already read. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined
}

const KNOWN = /\.(json|ndjson|jsonl|csv|tsv|parquet|xml)(\.gz)?$/i

/**
 * Returns the files to read: the named files, and all files with a known extension in the named folders, at any depth, sorted by name. Symbolic links
 * are followed; each file is returned once. Names that begin with a dot or an underscore are skipped, as Hadoop and Spark do: they are hidden or not
 * committed. A folder that cannot be read is returned like a file, and reading it fails. Throws WriterConfigurationError for a path that does not
 * exist.
 */
export async function findInputs(names: readonly string[], options: FindOptions = {}): Promise<FoundInput[]> {
  assertOptions('findInputs', options, { cwd: option.text, onLeftOut: option.action })
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
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'it does not exist' : `it cannot be reached (${code})`
    throw new WriterConfigurationError(`cannot read ${path}: ${reason}`, {
      context: { path, reason },
      cause: error,
    })
  }
}

interface Walk {
  readonly cwd: string
  readonly found: FoundInput[]
  /** Real paths of the folders and linked files that were visited. */
  readonly seen: Set<string>
  readonly onLeftOut: FindOptions['onLeftOut']
}

async function addFilesIn(folder: string, walk: Walk): Promise<void> {
  const path = resolve(walk.cwd, folder)
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  // A folder that may not be read is reported as an unreadable input; it must not look empty, and the other inputs are still read.
  if (entries === undefined) walk.found.push({ name: folder, path, isNamed: true })
  const links: string[] = []
  for (const entry of entries ?? []) {
    if (/^[._]/.test(entry.name) || entry.name === 'node_modules') continue
    const name = join(folder, entry.name)
    if (entry.isSymbolicLink()) links.push(name)
    else if (entry.isDirectory()) await addFolder(name, walk)
    else if (entry.isFile()) await addFile(name, walk)
  }
  // Links come last, after the files that they may point to.
  for (const name of links) await addLink(name, walk)
}

async function addLink(name: string, walk: Walk): Promise<void> {
  try {
    const target = await stat(resolve(walk.cwd, name))
    if (target.isDirectory()) await addFolder(name, walk)
    else if (target.isFile()) await addFile(name, walk)
  } catch (error) {
    const reason = `broken link: ${error instanceof Error ? error.message : String(error)}`
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
    onLeftOut?.({ name, reason: `it links to ${real}, which is already read` })
    return false
  }
  seen.add(real)
  return true
}
