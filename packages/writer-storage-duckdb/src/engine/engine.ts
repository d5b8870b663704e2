import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type BatchFeed, batchFeed } from './batch-feed.ts'
import { defaultThreads, processMemoryBytes } from './memory-limit.ts'
import { openSession, type Session } from './session.ts'
import { spillFolder } from './spill-folder.ts'

const MIB = 1024 * 1024
/** The default log size that triggers a checkpoint. Until then the engine also keeps the rows of the log in memory, uncompressed: twice its size. */
export const CHECKPOINT_BYTES = 40 * MIB

export interface EngineOptions {
  /** The number of threads. Default: the number of cores, at most 4. */
  readonly threads?: number | undefined
  /** The maximum number of bytes that the engine may use. Default: half of the memory that the process may use. */
  readonly memoryLimitBytes?: number | undefined
  /** The folder for spilled data. Default: one that only the user can enter, in the system's temporary folder. */
  readonly tempDirectory?: string | undefined
  /** Keeps the order of rows also in large inserts and files, which costs a third of the speed. Default false. */
  readonly preserveInsertionOrder?: boolean | undefined
  /** The size of the write-ahead log that triggers a checkpoint. Default 40 MiB. */
  readonly checkpointBytes?: number | undefined
}

/** An in-memory engine to which files are attached. Sessions are its connections. */
export interface Engine {
  readonly feed: BatchFeed
  session(): Promise<Session>
  /** Ends the statements that run in all sessions with an error. */
  interrupt(): void
  configure(options: EngineOptions): Promise<void>
  /** Returns the number of bytes in the engine's buffers. */
  memoryBytes(): Promise<number>
  /** Releases unused cached file data beyond `keptBytes`. Must not be called while a statement runs, which would run out of memory. */
  releaseCache(keptBytes: number): Promise<void>
  close(): void
}

/** Opens an engine that loads nothing from the network and works in UTC. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { preserveInsertionOrder = false } = options
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? defaultThreads()),
    memory_limit: `${Math.floor((options.memoryLimitBytes ?? processMemoryBytes() / 2) / MIB)}MiB`,
    temp_directory: options.tempDirectory ?? spillFolder(),
    // With a larger buffer all threads would compress at once, use more memory, and request no rows meanwhile.
    write_buffer_row_group_count: '1',
    checkpoint_threshold: `${Math.ceil((options.checkpointBytes ?? CHECKPOINT_BYTES) / MIB)}MiB`,
    // The operating system caches files that are read often. The engine would also keep parts of deleted files.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  await connection.run(`set global TimeZone = 'UTC'`)
  const feed = batchFeed(connection)
  const unordered = orderSwitch(connection, preserveInsertionOrder)
  let limitBytes = options.memoryLimitBytes ?? processMemoryBytes() / 2
  const running = new Set<DuckDBConnection>()
  const limitMemory = (bytes: number) => connection.run(`set global memory_limit = '${Math.floor(bytes / MIB)}MiB'`)
  return {
    feed,
    async session() {
      const own = await instance.connect()
      running.add(own)
      return openSession(own, { feed, unordered, onClose: () => void running.delete(own) })
    },
    interrupt() {
      for (const each of running) each.interrupt()
    },
    async configure({ threads, memoryLimitBytes, checkpointBytes }) {
      if (threads !== undefined) await connection.run(`set global threads = ${Math.max(1, Math.floor(threads))}`)
      if (memoryLimitBytes !== undefined) {
        limitBytes = memoryLimitBytes
        await limitMemory(limitBytes)
      }
      if (checkpointBytes !== undefined) {
        await connection.run(`set global checkpoint_threshold = '${Math.ceil(checkpointBytes / MIB)}MiB'`)
      }
    },
    async memoryBytes() {
      const result = await connection.runAndReadAll(
        'select cast(sum(memory_usage_bytes) as bigint) from duckdb_memory()',
      )
      return Number(result.getRows()[0]?.[0] ?? 0)
    },
    async releaseCache(keptBytes) {
      if (keptBytes >= limitBytes) return
      // The engine rejects a limit below its current use, but releases unused memory nevertheless.
      await limitMemory(keptBytes).catch(() => undefined)
      await limitMemory(limitBytes)
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Turns the order of rows off while work runs that does not need it. */
function orderSwitch(connection: DuckDBConnection, isAlwaysKept: boolean): Session['unordered'] {
  let running = 0
  const keep = (isKept: boolean) => connection.run(`set global preserve_insertion_order = ${isKept}`)
  return async (work) => {
    if (isAlwaysKept) return work()
    if (running++ === 0) await keep(false)
    try {
      return await work()
    } finally {
      // An engine that failed permanently accepts no settings. Its own error is the one to report.
      if (--running === 0) await keep(true).catch(() => undefined)
    }
  }
}
