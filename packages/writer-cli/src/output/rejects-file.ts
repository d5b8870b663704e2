import { type FileHandle, open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { WriterTableError } from '@forge/writer-core'
import type { Reject } from '@forge/writer-ingest'
import { toJson } from './json.ts'
import type { Output } from './output.ts'

/** Keeps rejected records: a line each on standard error, up to a limit, and all of them in a file that is made with the first. */
export interface RejectsFile {
  readonly add: (reject: Reject) => Promise<void>
  /** Where they are; undefined while there are none. */
  readonly path: string | undefined
  close(): Promise<void>
}

const MOST_TOLD = 10

/** Whether a path ends in the name that a rejects file has where none is chosen. */
export function isRejectsName(path: string): boolean {
  return /^rejects-\d{8}T\d{6}Z\.ndjson$/.test(basename(path))
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
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const path = resolve(cwd, named ?? `rejects-${time}Z.ndjson`)
  let file: FileHandle | undefined
  let count = 0
  return {
    async add(reject) {
      try {
        // Rejects may hold what nobody else should read.
        file ??= await open(path, 'a', 0o600)
        await file.write(`${toJson(reject)}\n`)
      } catch (error) {
        throw new WriterTableError(`the rejects file ${path} cannot be written (${codeOf(error)})`, {
          suggestions: [
            'Name another one with --rejects; what was recorded before is recognised when the call is made again.',
          ],
          cause: error,
        })
      }
      count++
      if (count <= MOST_TOLD) output.warn(`${reject.file}${placeOf(reject)}: ${reject.reason}`)
    },
    get path() {
      return file && path
    },
    async close() {
      if (!file) return
      if (count > MOST_TOLD) output.warn(`and ${count - MOST_TOLD} more rejected records`)
      output.note(`rejected records: ${path}`)
      await file.close()
    },
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error)
}

function placeOf({ line, pointer }: Reject): string {
  return `${line === undefined ? '' : `:${line}`}${pointer ? ` ${pointer}` : ''}`
}
