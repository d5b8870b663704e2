import type { ObjectInfo } from './object-info.ts'

/** The files of a store as the engine reads and writes them: the objects themselves in a local store, copies of them for a remote one. */
export interface EngineFiles {
  /** Returns the address under which the engine reads `path`, which may be absolute. All names of an object have the same address. */
  addressOf(path: string): string
  /** Creates the folder that the engine writes new files to, if it is missing, and resolves with its address. */
  prepare(): Promise<string>
  /** Returns the path of a new file from its address below that folder. */
  pathOf(address: string): string
  /** Makes new files that the engine has written durable. Resolves with their facts, in the order of the paths. */
  seal(paths: readonly string[]): Promise<ObjectInfo[]>
  /** Deletes new files that the engine has written and that are not sealed. */
  discard(paths: readonly string[]): Promise<void>
  /** Deletes the new files whose name contains `mark`, sealed or not. */
  discardMarked(mark: string): Promise<void>
  /** Keeps files at the address of {@link addressOf} until the lease ends. Undefined if the files are always there. Throws if one does not exist. */
  lease?(files: readonly LeasedFile[]): Promise<Disposable>
  /** Creates a place for a file that only this process reads; a local store uses `folder` of the table. Disposing of it deletes the file. */
  scratch(folder: string): Promise<ScratchFile>
}

/** A file to keep for the engine. */
export interface LeasedFile {
  readonly path: string
  /** The size in bytes, if the log knows it. */
  readonly sizeBytes?: number | undefined
}

export interface ScratchFile extends AsyncDisposable {
  readonly address: string
  /** Returns the bytes; undefined if the engine wrote nothing. */
  bytes(): Promise<Uint8Array | undefined>
}
