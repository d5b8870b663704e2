/** The facts about an object that are known without reading it. */
export interface ObjectInfo {
  /** The path relative to the store's root, with parts joined by `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** The time of the last change, in milliseconds since 1970, by the clock of the store. */
  readonly modifiedMs: number
}

/**
 * A store of the files of one table. Paths are relative to the table and joined by `/`. A write is durable and complete when its promise resolves; a
 * reader never sees a part of it.
 */
export interface ObjectStore {
  /** The address of the table for messages, without secrets. */
  readonly location: string
  /** Creates the object. Resolves with false if it exists already; it then stays unchanged. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>
  /** Creates or replaces the object; `modifiedMs` sets its time. */
  put(path: string, bytes: Uint8Array, options?: { readonly modifiedMs?: number | undefined }): Promise<void>
  /** Creates an object under a name that nobody knows yet. Only such an object may be incomplete after a crash. Resolves with its facts. */
  create(path: string, bytes: Uint8Array): Promise<Pick<ObjectInfo, 'modifiedMs'>>
  /** Returns the facts about an object; undefined if it does not exist. */
  get(path: string): Promise<Uint8Array | undefined>
  getRange(path: string, offset: number, length: number): Promise<Uint8Array>
  /** Lists the objects whose path starts with `prefix` (which ends in `/` or is empty), by path. A prefix without objects gives an empty list. */
  list(prefix: string): Promise<ObjectInfo[]>
  /** Lists the paths directly under `prefix`, without reading folders or the objects. */
  listPaths(prefix: string): Promise<string[]>
  head(path: string): Promise<ObjectInfo | undefined>
  /** Deletes the object; does nothing if it does not exist. */
  delete(path: string): Promise<void>
  /** Returns the address under which the engine reads and writes `path`, which may already be an absolute address. */
  addressOf(path: string): string
  /** Returns the path of an address that {@link addressOf} returned, or that is below it. */
  pathOf(address: string): string
  /** Prepares a place before the engine writes to it. */
  prepare(directory: string): Promise<void>
  /** Makes durable what the engine wrote to `path`, and resolves with its size and time. */
  seal(path: string): Promise<ObjectInfo>
}
