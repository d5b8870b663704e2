import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type BatchFeed, batchFeed } from './batch-feed.ts'
import { defaultThreads, processMemoryBytes } from './memory-limit.ts'
import { openSession, type Session } from './session.ts'

const MIB = 1024 * 1024
/** Until then the rows of the log are in memory too, uncompressed: twice its size. */
export const CHECKPOINT_BYTES = 40 * MIB

export interface EngineOptions {
  /** Default 1 to 4, by the machine. */
  readonly threads?: number
  /** Bytes the engine may take. Default: half of what the process may use. */
  readonly memoryLimitBytes?: number
  /** Where it spills. Default: beside nothing, in the system's temporary folder. */
  readonly tempDirectory?: string
  /** Keep the order of rows in big inserts and files too, at the price of a third of the speed. Default false. */
  readonly preserveInsertionOrder?: boolean
  /** Size of the write-ahead log at which it goes into the file by itself. Default 40 MiB. */
  readonly checkpointBytes?: number
}

/** An engine in memory, to which files are attached; sessions are its connections. */
export interface Engine {
  readonly feed: BatchFeed
  session(): Promise<Session>
  configure(options: EngineOptions): Promise<void>
  /** Bytes the engine's buffers hold now. */
  memoryBytes(): Promise<number>
  /** Lets go of what is kept of files beyond that many bytes, where nothing uses it. Not while a statement runs, which would lack memory. */
  releaseCache(keptBytes: number): Promise<void>
  close(): void
}

/** Opens an engine that loads nothing from the network and works in UTC. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { preserveInsertionOrder = false } = options
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? defaultThreads()),
    memory_limit: `${Math.floor((options.memoryLimitBytes ?? processMemoryBytes() / 2) / MIB)}MiB`,
    temp_directory: options.tempDirectory ?? join(tmpdir(), `forge-writer-${process.pid}`),
    // More of them would be compressed at once, by all threads, while no row is taken from us; and take more memory.
    write_buffer_row_group_count: '1',
    checkpoint_threshold: `${Math.ceil((options.checkpointBytes ?? CHECKPOINT_BYTES) / MIB)}MiB`,
    // The system keeps files that are read often; the engine would keep a part of each one, also of those that are gone.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  await connection.run(`set global TimeZone = 'UTC'`)
  const feed = batchFeed(connection)
  const unordered = orderSwitch(connection, preserveInsertionOrder)
  let limitBytes = options.memoryLimitBytes ?? processMemoryBytes() / 2
  const limitMemory = (bytes: number) => connection.run(`set global memory_limit = '${Math.floor(bytes / MIB)}MiB'`)
  return {
    feed,
    session: async () => openSession(await instance.connect(), feed, unordered),
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
      // Refused where more than that is in use; what is not in use is released all the same.
      await limitMemory(keptBytes).catch(() => undefined)
      await limitMemory(limitBytes)
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Turns the order of rows off while any work runs that does not want it. */
function orderSwitch(connection: DuckDBConnection, isAlwaysKept: boolean): Session['unordered'] {
  let running = 0
  const keep = (isKept: boolean) => connection.run(`set global preserve_insertion_order = ${isKept}`)
  return async (work) => {
    if (isAlwaysKept) return work()
    if (running++ === 0) await keep(false)
    try {
      return await work()
    } finally {
      // An engine that failed for good takes no setting, and its own error counts.
      if (--running === 0) await keep(true).catch(() => undefined)
    }
  }
}
