import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defectPath, samplesDirectory } from '@forge/fixtures'

/** One document to mutate. */
export interface Sample {
  /** The name, by whose extension a format can be detected. */
  readonly name: string
  readonly bytes: Buffer
}

const MAX_BYTES = 64 * 1024

/** Returns the files of the folders that are small enough to be read many times a second, in a fixed order. */
export function readSamples(folders: readonly string[], accepts: RegExp): readonly Sample[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => join(folder, name))
      .filter((path) => accepts.test(path) && statSync(path).isFile() && statSync(path).size <= MAX_BYTES)
      .map((path) => ({ name: relative(folder, path), bytes: readFileSync(path) })),
  )
}

/** The folders of the samples of all tools, and of inputs that tools write wrongly or unusually. */
export const DOCUMENT_FOLDERS: readonly string[] = [samplesDirectory, defectPath()]
