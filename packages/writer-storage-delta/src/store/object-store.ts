import type { EngineFiles } from './engine-files.ts'
import type { ObjectInfo } from './object-info.ts'

/**
 * A store of the files of one table. Paths are relative to the table and joined by `/`. A write is durable and complete when its promise resolves; a
 * reader never sees a part of it.
 */
export interface ObjectStore {
  /** The address of the table for messages, without secrets. */
  readonly location: string
  /** True if each call takes as long as a request over a network. Default false. */
  readonly isRemote?: boolean | undefined
  /** The files as the engine reads and writes them. */
  readonly engine: EngineFiles
  /**
   * Creates the object. Resolves with false if it exists already; it then stays unchanged. Throws a WriterError whose `committed` is `unknown` if the
   * object may exist now or later.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>
  /** Creates or replaces the object. */
  put(path: string, bytes: Uint8Array): Promise<void>
  /** Replaces the object and sets its time. Undefined if the store chooses the time of an object. */
  replace?(path: string, bytes: Uint8Array, modifiedMs: number): Promise<void>
  /** Creates an object under a name that nobody knows yet. Only such an object may be incomplete after a crash. Resolves with its facts. */
  create(path: string, bytes: Uint8Array): Promise<Pick<ObjectInfo, 'modifiedMs'>>
  /** Returns the bytes of an object; undefined if it does not exist. */
  get(path: string): Promise<Uint8Array | undefined>
  getRange(path: string, offset: number, length: number): Promise<Uint8Array>
  /** Lists the objects whose path starts with `prefix` (which ends in `/` or is empty), by path. A prefix without objects gives an empty list. */
  list(prefix: string): Promise<ObjectInfo[]>
  /** Lists the paths directly under `prefix`, without reading folders or the objects. */
  listPaths(prefix: string): Promise<string[]>
  /** Returns the facts about an object; undefined if it does not exist. */
  head(path: string): Promise<ObjectInfo | undefined>
  /** Returns the facts about each object, in the order of the paths. */
  heads(paths: readonly string[]): Promise<(ObjectInfo | undefined)[]>
  /** Deletes the objects; does nothing about those that do not exist. */
  delete(paths: readonly string[]): Promise<void>
  /** Deletes the checksum that Hadoop keeps next to a local file: Hadoop refuses another content, and does not check a file without one. */
  forgetChecksum?(path: string): Promise<void>
}

/** A place with a store for each table. */
export interface ObjectStores {
  /** The address of the place for messages, without secrets. */
  readonly location: string
  /** Returns the store of the objects below `path`. Opens nothing yet. */
  open(path: string): ObjectStore
  /** Lists the names of the folders directly below `path`, sorted. A folder exists if an object is below it. */
  folders(path: string): Promise<string[]>
  /** Returns true if the folder `path` exists. */
  hasFolder(path: string): Promise<boolean>
  /** Releases what the stores hold. */
  close(): Promise<void>
}
