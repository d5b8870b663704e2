import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { WriterTableError } from '@forge/writer-core'
import type { Reject } from '@forge/writer-ingest'
import { toJson } from './json.ts'
import type { Output } from './output.ts'

/** Keeps rejected records: prints the first ones to standard error, and writes all of them to a file that is created for the first one. */
export interface RejectsFile {
  readonly add: (reject: Reject) => Promise<void>
  /** Path of the file; undefined before the first reject. */
  readonly path: string | undefined
  close(): Promise<void>
}

const MAX_PRINTED = 10
const MAX_NAMES = 100

/** Returns whether a path ends in the default name of a rejects file. */
export function isRejectsName(path: string): boolean {
  return /^rejects-\d{8}T\d{6}Z(?:-\d+)?\.ndjson$/.test(basename(path))
}

export function rejectsFile({
  path: named,
  cwd,
  now,
  output,
}: {
  readonly path: string | undefined
  readonly cwd: string
  readonly now: Date
  readonly output: Output
}): RejectsFile {
  let opened: OpenFile | undefined
  let count = 0
  return {
    async add(reject) {
      try {
        opened ??= named === undefined ? await createFile(cwd, now) : await openNamed(resolve(cwd, named))
        await opened.file.write(`${toJson(reject)}\n`)
      } catch (error) {
        const path = opened?.path ?? (named === undefined ? cwd : resolve(cwd, named))
        throw new WriterTableError(`cannot write the rejects file ${path} (${reasonOf(error)})`, {
          context: { path },
          suggestions: [
            'Choose another file with --rejects and run the command again; rows that are already stored are not added twice.',
          ],
          cause: error,
        })
      }
      count++
      if (count <= MAX_PRINTED) output.warn(`${reject.file}${placeOf(reject)}: ${reject.reason}`)
    },
    get path() {
      return opened?.path
    },
    async close() {
      if (!opened) return
      if (count > MAX_PRINTED) output.warn(`and ${count - MAX_PRINTED} more rejected records`)
      output.note(`rejected records: ${opened.path}`)
      await opened.file.close()
    },
  }
}

interface OpenFile {
  readonly path: string
  readonly file: FileHandle
}

/** Creates a new file. Others can foresee its name: whatever has the name, such as a link that they made, is left alone, and the next one is used. */
async function createFile(folder: string, now: Date): Promise<OpenFile> {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  for (let number = 1; ; number++) {
    const path = resolve(folder, `rejects-${time}Z${number === 1 ? '' : `-${number}`}.ndjson`)
    try {
      // Rejects may contain data that other users must not read.
      return { path, file: await open(path, 'ax', 0o600) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number === MAX_NAMES) throw error
    }
  }
}

class RefusedFile extends Error {}

/** Opens the file that the user named, to add to it. Throws if it is a link, or the file of somebody else in a folder that everybody can write to. */
async function openNamed(path: string): Promise<OpenFile> {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants
  // Windows has no such flag, and the devices of Unix are links.
  const noFollow = path.startsWith('/dev/') ? 0 : ((constants.O_NOFOLLOW as number | undefined) ?? 0)
  const file = await open(path, O_APPEND | O_CREAT | O_WRONLY | noFollow, 0o600)
  try {
    const found = await file.stat()
    if (found.isFile() && found.nlink > 1) throw new RefusedFile('it has another name, too: a hard link')
    const isForeign = process.getuid !== undefined && found.uid !== process.getuid()
    if (isForeign && found.isFile() && ((await stat(dirname(path))).mode & 0o002) !== 0) {
      throw new RefusedFile('it belongs to another user')
    }
    return { path, file }
  } catch (error) {
    await file.close()
    throw error
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RefusedFile) return error.message
  const { code } = error as NodeJS.ErrnoException
  return code === 'ELOOP' ? 'it is a symbolic link' : String(code ?? error)
}

function placeOf({ line, pointer }: Reject): string {
  return `${line === undefined ? '' : `:${line}`}${pointer ? ` ${pointer}` : ''}`
}
