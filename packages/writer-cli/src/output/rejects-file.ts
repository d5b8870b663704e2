import { type FileHandle, open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
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

/** Returns whether a path ends in the default name of a rejects file. */
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
        // Rejects may contain data that other users must not read.
        file ??= await open(path, 'a', 0o600)
        await file.write(`${toJson(reject)}\n`)
      } catch (error) {
        throw new WriterTableError(`cannot write the rejects file ${path} (${codeOf(error)})`, {
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
      return file && path
    },
    async close() {
      if (!file) return
      if (count > MAX_PRINTED) output.warn(`and ${count - MAX_PRINTED} more rejected records`)
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
