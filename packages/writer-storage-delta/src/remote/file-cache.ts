import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { mkdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assertOptions, option } from '@forge/writer-core/storage'
import { missingAsUndefined } from '../store/error-code.ts'
import { ownerMark } from '../store/owner.ts'
import { CACHE_PREFIX, removeAbandoned } from './abandoned-caches.ts'

/** The options of the local copies of remote files. */
export interface CacheOptions {
  /** The folder in which each process creates a folder of its own. Default: the system's temporary folder. */
  readonly directory?: string | undefined
  /** The number of bytes above which copies that are not in use are deleted, the longest unused first. Default 2 GiB. */
  readonly maxBytes?: number | undefined
}

/** A remote file of which a copy is needed. */
export interface WantedFile {
  /** The name of the file, unique among all files of the cache. */
  readonly key: string
  /** Writes the bytes to a local file, and resolves with their number. */
  fetch(target: string): Promise<number>
}

/** Local copies of remote files that never change. Copies in use stay, whatever their size. */
export interface FileCache {
  /** Returns the address of the copy of a file, which may not exist yet. */
  addressOf(key: string): string
  /** Fetches the files that are missing, and keeps all until the lease ends. */
  lease(files: readonly WantedFile[]): Promise<Disposable>
  /** Makes a local file the copy of a remote one with the same bytes. */
  adopt(key: string, file: string, sizeBytes: number): Promise<void>
  /** Deletes copies. */
  forget(keys: readonly string[]): Promise<void>
  /** Returns the address of a folder for new files, which is created when it is asked for first. */
  folder(name: string): Promise<string>
  /** The number of bytes of all copies. */
  sizeBytes(): number
  /** Deletes all copies. */
  close(): Promise<void>
}

interface Copy {
  readonly address: string
  /** The number of leases. */
  users: number
  sizeBytes: number
  /** The time of the file, by which a change of the copy is noticed. */
  modifiedMs: number
  /** Resolves when the copy is complete. */
  ready: Promise<void>
}

const GIB = 1024 ** 3
const FETCHES_AT_ONCE = 16

/** Creates a cache. Its folder is created on first use; what ended processes left is deleted then. */
export function fileCache(options: CacheOptions = {}): FileCache {
  assertOptions('cache', options, { directory: option.text, maxBytes: option.number({ min: 0 }) })
  const { directory = tmpdir(), maxBytes = 2 * GIB } = options
  let created: string | undefined

  /** Returns the folder of this cache. */
  function root(): string {
    if (created === undefined) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      created = mkdtempSync(join(directory, `${CACHE_PREFIX}${ownerMark()}-`))
      void removeAbandoned(directory)
    }
    return created
  }

  const addressOf = (key: string) => join(root(), `${createHash('sha256').update(key).digest('hex')}.parquet`)
  const copies = new Copies(addressOf, maxBytes)
  return {
    addressOf,
    sizeBytes: () => copies.sizeBytes(),
    async lease(files) {
      const held: [string, Copy][] = []
      const end = () => {
        for (const [key, copy] of held.splice(0)) copies.release(key, copy)
        void copies.shrink().catch(() => undefined)
      }
      let next = 0
      const worker = async () => {
        for (let file = files[next++]; file; file = files[next++]) held.push([file.key, await copies.hold(file)])
      }
      const workers = Array.from({ length: Math.min(FETCHES_AT_ONCE, files.length) }, worker)
      const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected')
      if (failed) {
        end()
        throw failed.reason
      }
      await copies.shrink()
      return { [Symbol.dispose]: end }
    },
    adopt: (key, file, sizeBytes) => copies.adopt(key, file, sizeBytes),
    forget: (keys) => copies.forget(keys),
    async folder(name) {
      const folder = join(root(), name)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return folder
    },
    async close() {
      copies.clear()
      if (created !== undefined) await rm(created, { recursive: true, force: true })
      created = undefined
    },
  }
}

/** The copies of a cache. */
class Copies {
  readonly #addressOf: (key: string) => string
  readonly #maxBytes: number
  /** The copies, the longest unused first. */
  readonly #copies = new Map<string, Copy>()

  constructor(addressOf: (key: string) => string, maxBytes: number) {
    this.#addressOf = addressOf
    this.#maxBytes = maxBytes
  }

  /** Fetches a file unless its copy is there. The copy stays until it is released. */
  async hold(file: WantedFile): Promise<Copy> {
    const copy = this.#copies.get(file.key) ?? newCopy(this.#addressOf(file.key))
    copy.users++
    this.#copies.delete(file.key)
    this.#copies.set(file.key, copy)
    // One fetch at a time: others wait for it, and only look whether the copy is still the same.
    copy.ready = copy.ready
      .catch(() => undefined)
      .then(async () => {
        if (!(await isWhole(copy))) await fetchInto(copy, file)
      })
    try {
      await copy.ready
      return copy
    } catch (error) {
      this.release(file.key, copy)
      throw error
    }
  }

  release(key: string, copy: Copy): void {
    copy.users--
    if (copy.users === 0 && copy.modifiedMs === 0 && this.#copies.get(key) === copy) this.#copies.delete(key)
  }

  /** Deletes copies that are not in use until the rest fits. */
  async shrink(): Promise<void> {
    let total = this.sizeBytes()
    for (const [key, copy] of this.#copies) {
      if (total <= this.#maxBytes) return
      if (copy.users > 0) continue
      this.#copies.delete(key)
      total -= copy.sizeBytes
      await missingAsUndefined(unlink(copy.address))
    }
  }

  async adopt(key: string, file: string, sizeBytes: number): Promise<void> {
    const copy = newCopy(this.#addressOf(key))
    await rename(file, copy.address)
    const { mtimeMs } = await stat(copy.address)
    this.#copies.set(key, { ...copy, sizeBytes, modifiedMs: mtimeMs })
    await this.shrink()
  }

  async forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const copy = this.#copies.get(key)
      if (copy === undefined) continue
      this.#copies.delete(key)
      await missingAsUndefined(unlink(copy.address))
    }
  }

  sizeBytes(): number {
    return [...this.#copies.values()].reduce((sum, copy) => sum + copy.sizeBytes, 0)
  }

  clear(): void {
    this.#copies.clear()
  }
}

function newCopy(address: string): Copy {
  return { address, users: 0, sizeBytes: 0, modifiedMs: 0, ready: Promise.resolve() }
}

async function fetchInto(copy: Copy, { fetch }: WantedFile): Promise<void> {
  const part = `${copy.address}.part`
  const sizeBytes = await fetch(part)
  await rename(part, copy.address)
  copy.sizeBytes = sizeBytes
  copy.modifiedMs = (await stat(copy.address)).mtimeMs
}

/** Returns true if the copy is still what was fetched. */
async function isWhole({ address, sizeBytes, modifiedMs }: Copy): Promise<boolean> {
  if (modifiedMs === 0) return false
  const info = await missingAsUndefined(stat(address))
  return info !== undefined && info.size === sizeBytes && info.mtimeMs === modifiedMs
}
