import { stat } from 'node:fs/promises'
/** The facts about an object that are known without reading it. */
export interface ObjectInfo {
  /** The path relative to the store's root, with parts joined by `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** The time of the last change, in milliseconds since 1970, by the clock of the store. */
  readonly modifiedMs: number
  /** A text that differs for another content, if the store knows one without reading the object. */
  readonly tag?: string | undefined
}

/** Returns the facts about a file as those of the object `path`. */
export async function fileInfo(file: string, path: string): Promise<ObjectInfo> {
  const { size, mtimeMs } = await stat(file)
  return { path, sizeBytes: size, modifiedMs: Math.floor(mtimeMs) }
}
