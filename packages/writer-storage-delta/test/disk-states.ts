import { basename, dirname } from 'node:path'

/** A state of the disk after a loss of power: synced bytes, and names in synced folders. */
export interface DiskState {
  /** The writes that were acknowledged before. */
  readonly acknowledged: readonly string[]
  /** The files and folders by path, with what is durable about them. */
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly nameIsDurable: boolean
  readonly bytesAreDurable: boolean
}

interface Inode {
  writes: number
  syncedWrites: number
}

interface Name {
  readonly inode: Inode
  isDurable: boolean
}

interface Call {
  readonly name: string
  readonly args: string
  readonly paths: readonly string[]
  /** The number of writes to the file of an fsync when the call began. */
  readonly writes: number
}

const START = /^(\d+) +(\w+)\((.*)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/

/**
 * Returns the possible states of the disk at each acknowledgement of a process that `strace -f -y` watched, from the traced calls below `root`.
 * With `ignoreSync`, syncs of those paths do not count, as if the program had left them out.
 */
export function diskStates(
  trace: string,
  root: string,
  { ignoreSync = () => false }: { readonly ignoreSync?: (path: string) => boolean } = {},
): DiskState[] {
  const names = new Map<string, Name>()
  const pending = new Map<string, Call>()
  const acknowledged: string[] = []
  const states: DiskState[] = []
  const inodeOf = (path: string) => names.get(path)?.inode

  function begin(name: string, args: string): Call {
    const paths = pathsOf(name, args).filter((path) => path.startsWith(root) || path === dirname(root))
    const inode = inodeOf(paths[0] ?? '')
    if (inode && WRITES.has(name)) inode.writes++
    const text = name === 'write' ? /^1<[^>]*>, "([^"\\]*)\\n"/.exec(args)?.[1] : undefined
    if (text !== undefined) {
      states.push({ acknowledged: [...acknowledged], entries: describe(names) })
      acknowledged.push(text)
      states.push({ acknowledged: [...acknowledged], entries: describe(names) })
    }
    return { name, args, paths, writes: inode?.writes ?? 0 }
  }

  function end({ name, args, paths, writes }: Call, result: string): void {
    if (!/= \d+/.test(result)) return
    const [path = '', target = ''] = paths
    const inode = inodeOf(path)
    if (WRITES.has(name) && inode) inode.writes++
    if (name === 'openat' && path !== '' && args.includes('O_CREAT') && !inode) names.set(path, newName())
    if (name === 'mkdir' && path !== '') names.set(path, newName())
    if (name === 'link' && inode) names.set(target, { inode, isDurable: false })
    if (name === 'rename' && inode) names.set(target, { inode, isDurable: false })
    if (name === 'rename' || name === 'unlink') names.delete(path)
    if ((name !== 'fsync' && name !== 'fdatasync') || ignoreSync(path)) return
    if (inode) inode.syncedWrites = writes
    for (const [entry, known] of names) if (dirname(entry) === path) known.isDurable = true
  }

  for (const line of trace.split('\n')) {
    const resumed = RESUMED.exec(line)
    const started = START.exec(line)
    if (resumed) {
      const [, pid = '', , rest = ''] = resumed
      const call = pending.get(pid)
      pending.delete(pid)
      if (call) end(call, rest)
    } else if (started) {
      const [, pid = '', name = '', args = ''] = started
      const call = begin(name, args)
      if (args.endsWith('<unfinished ...>')) pending.set(pid, call)
      else end(call, args.slice(args.lastIndexOf(')')))
    }
  }
  return states
}

const WRITES = new Set(['write', 'pwrite64', 'writev', 'pwritev', 'ftruncate'])

function newName(): Name {
  return { inode: { writes: 0, syncedWrites: 0 }, isDurable: false }
}

/** Returns the paths of a call: the path of its file descriptor, otherwise the texts among its arguments. */
function pathsOf(name: string, args: string): string[] {
  if (WRITES.has(name) || name === 'fsync' || name === 'fdatasync') {
    const path = /^\d+<([^>]*)>/.exec(args)?.[1]
    return path === undefined ? [] : [path]
  }
  return [...args.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path)
}

function describe(names: ReadonlyMap<string, Name>): ReadonlyMap<string, Entry> {
  return new Map(
    [...names]
      .filter(([path]) => !basename(path).endsWith('.tmp'))
      .map(([path, { inode, isDurable }]) => [
        path,
        { nameIsDurable: isDurable, bytesAreDurable: inode.writes === inode.syncedWrites },
      ]),
  )
}
