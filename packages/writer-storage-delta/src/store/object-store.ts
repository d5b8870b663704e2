/** What is known of an object without reading it. */
export interface ObjectInfo {
  /** Relative to the store's root, parts joined by `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** Milliseconds since 1970, by the clock of the store. */
  readonly modifiedMs: number
}

/**
 * Where the files of one table live: paths are relative to the table and joined by `/`. A write is durable and whole when its promise resolves;
 * a reader never sees a part of it.
 */
export interface ObjectStore {
  /** Address of the table for messages; no secrets. */
  readonly location: string
  /** Creates the object. False where one is there already, which stays as it is. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>
  /** Creates or replaces the object; `modifiedMs` keeps the time of the one before. */
  put(path: string, bytes: Uint8Array, options?: { readonly modifiedMs?: number }): Promise<void>
  /** Creates an object of a name that nobody knows yet; only of such a one a crash may leave a part. Resolves with its time. */
  create(path: string, bytes: Uint8Array): Promise<Pick<ObjectInfo, 'modifiedMs'>>
  /** Undefined where the object is not there. */
  get(path: string): Promise<Uint8Array | undefined>
  getRange(path: string, offset: number, length: number): Promise<Uint8Array>
  /** Objects whose path starts with `prefix` (which ends in `/` or is empty), by path. Missing prefixes are empty. */
  list(prefix: string): Promise<ObjectInfo[]>
  /** Paths right under `prefix`, without looking into folders or at the objects. */
  listPaths(prefix: string): Promise<string[]>
  head(path: string): Promise<ObjectInfo | undefined>
  /** Deletes the object; one that is not there is fine. */
  delete(path: string): Promise<void>
  /** The address under which the engine reads and writes `path`, which may be an absolute address already. */
  addressOf(path: string): string
  /** The path of an address that {@link addressOf} gave, or that lies under it. */
  pathOf(address: string): string
  /** Makes a place that the engine is about to write to, before it does. */
  prepare(directory: string): Promise<void>
  /** Makes what the engine wrote to `path` durable, and resolves with its size and time. */
  seal(path: string): Promise<ObjectInfo>
}
