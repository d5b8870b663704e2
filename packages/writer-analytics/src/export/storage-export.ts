import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExportRequest, ExportResult, LogTable } from '@forge/writer-core'
import { temporaryPath } from '@forge/writer-core/storage'
import { assertFree, type FileFacts, fileFacts, fromFileError, makeFolder, publish } from './atomic-file.ts'

export interface Exported {
  readonly rows: number
  /** The path of the file, or of the folder of files. */
  readonly path: string
  readonly files: readonly FileFacts[]
  /** The hash of all files in order. */
  readonly sha256: string
}

/**
 * Lets the storage write the file, and returns its facts. An existing file is replaced only when the new one is complete. Throws WriterTableError if
 * the file cannot be written, or if it exists already and `overwrite` is not set.
 */
export async function exportByStorage(
  exportTo: NonNullable<LogTable['exportTo']>,
  request: ExportRequest,
  overwrite: boolean,
): Promise<Exported> {
  const { path } = request
  try {
    await makeFolder(path)
    await assertFree(path, overwrite)
    const { rows, paths } = overwrite ? await replace(exportTo, request) : await exportTo(request)
    const files: FileFacts[] = []
    for (const file of paths) files.push(await fileFacts(file))
    return { rows, path, files, sha256: await hashOf(files) }
  } catch (error) {
    throw fromFileError(error, path)
  }
}

async function replace(exportTo: NonNullable<LogTable['exportTo']>, request: ExportRequest): Promise<ExportResult> {
  using file = temporaryPath(request.path)
  const temporary = file.path
  const exported = await exportTo({ ...request, path: temporary })
  if (!(await stat(temporary)).isDirectory()) {
    await publish(temporary, request.path, true)
    return { ...exported, paths: [request.path] }
  }
  await rm(request.path, { force: true })
  await rename(temporary, request.path)
  return { ...exported, paths: exported.paths.map((each) => join(request.path, basename(each))) }
}

async function hashOf(files: readonly FileFacts[]): Promise<string> {
  const [only] = files
  if (files.length === 1 && only) return only.sha256
  const hash = createHash('sha256')
  for (const { path } of files) {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk)
  }
  return hash.digest('hex')
}
