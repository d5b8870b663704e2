import { resolve } from 'node:path'
import { assertLocalPath } from '@forge/writer-core'

const STANDARD_OUTPUT = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']

/** Returns whether an option that names a file to write names standard output, which then gets nothing else. */
export function isStandardOutput(file: string): boolean {
  return STANDARD_OUTPUT.includes(file)
}

/** The facts of a written file. */
export interface WrittenFile {
  /** The absolute path. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Writes the text to the file that an option names, whole or not at all. Throws as writeAtomically of `@forge/writer-analytics`. */
export async function writeOutputFile(
  file: string,
  text: string,
  {
    cwd,
    overwrite = true,
    isShared = false,
  }: {
    readonly cwd: string
    /** False if a file that is there remains. Default: true. */
    readonly overwrite?: boolean | undefined
    /** True if other users may read the file. Default: false. */
    readonly isShared?: boolean | undefined
  },
): Promise<WrittenFile> {
  const { writeAtomically } = await import('@forge/writer-analytics')
  // Before it becomes absolute, which hides a scheme.
  assertLocalPath(file, 'the file to write')
  return writeAtomically(resolve(cwd, file), chunksOf(text), { overwrite, isShared })
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8')
}
