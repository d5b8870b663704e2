import {
  type ColumnDefinition,
  type Logger,
  type TableOptions,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import type { Engine, FeedOptions, Session } from '@forge/writer-storage-duckdb/engine'
import { fromEngineError } from '@forge/writer-storage-duckdb/engine'
import type { ShapeCache } from '../data/parquet-shape.ts'
import { readCommit } from '../log/commit-file.ts'
import { loadSnapshot, refreshSnapshot } from '../log/load-snapshot.ts'
import { commitPath } from '../log/log-file-name.ts'
import type { Snapshot } from '../log/snapshot.ts'
import type { ObjectInfo } from '../store/object-info.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** The settings by which a table is written. */
export interface TableSettings {
  readonly columns: readonly ColumnDefinition[]
  readonly partitionColumns: readonly string[]
  readonly clusterColumns: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  readonly evolveSchema: boolean
  readonly widenColumns: boolean
  /** The options for passing rows to the engine. */
  readonly feed: FeedOptions
  readonly compression: string
  readonly targetFileBytes: number
  readonly fileSkipping: boolean
  readonly packSmallFiles: TableOptions['packSmallFiles']
  readonly maxAttempts: number
  readonly now: () => Date
  readonly random: () => number
}

/** The state that all operations on one table share. */
export interface TableCore {
  readonly ref: TableRef
  readonly store: ObjectStore
  readonly shapes: ShapeCache
  readonly settings: TableSettings
  readonly logger: Logger
  /** Loads the newest snapshot; undefined if there is no table. */
  latest(): Promise<Snapshot | undefined>
  /** Returns the newest snapshot that was loaded, without reading the log. */
  known(): Snapshot | undefined
  /** Loads the snapshot of a version, which may be old. */
  at(version: number): Promise<Snapshot>
  /** Remembers a snapshot that was just committed. */
  remember(snapshot: Snapshot): void
  /**
   * Runs one write at a time. `work` gets a session of its own, opened on the first call. Converts errors of the engine to errors of this project.
   */
  exclusive<Result>(doing: string, work: (session: () => Promise<Session>) => Promise<Result>): Promise<Result>
  /** Runs `work` like {@link exclusive}, but next to other writes. */
  concurrent<Result>(doing: string, work: (session: () => Promise<Session>) => Promise<Result>): Promise<Result>
  /** Runs `work` with a session of its own. */
  withSession<Result>(doing: string, work: (session: Session) => Promise<Result>): Promise<Result>
  session(): Promise<Session>
}

export function tableCore(
  ref: TableRef,
  store: ObjectStore,
  engine: () => Promise<Engine>,
  settings: TableSettings,
  logger: Logger,
): TableCore {
  let known: Snapshot | undefined
  let seen: ObjectInfo | undefined
  let lastWrite: Promise<unknown> = Promise.resolve()

  const withLateSession = lateSessions(engine, ref)

  function withSession<Result>(doing: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    return withLateSession(doing, async (session) => work(await session()))
  }

  async function refresh(): Promise<Snapshot | undefined> {
    const before = known
    if (before) {
      // Both are asked at once: over a network each takes a round trip.
      const next = readCommit(store, before.version + 1)
      next.catch(() => undefined)
      if (await isUnchanged(before.version)) return refreshSnapshot(store, before, await next)
    }
    return withSession('open', (session) => loadSnapshot(store, session))
  }

  /**
   * Returns true if the newest known commit still exists unchanged. If it is gone, the log was cleaned up or the table was replaced; if it changed,
   * the table was replaced.
   */
  async function isUnchanged(version: number): Promise<boolean> {
    const before = seen
    const info = await store.head(commitPath(version))
    seen = info
    if (info === undefined || before?.path !== info.path) return info !== undefined
    return before.modifiedMs === info.modifiedMs && before.sizeBytes === info.sizeBytes && before.tag === info.tag
  }

  const core: TableCore = {
    ref,
    store,
    shapes: new Map(),
    settings,
    logger,
    withSession,
    concurrent: withLateSession,
    session: async () => (await engine()).session(),
    known: () => known,
    async latest() {
      const before = known
      const snapshot = await refresh()
      // A write that ended meanwhile knows a newer version.
      if (known === before) known = snapshot
      else if (snapshot) core.remember(snapshot)
      return snapshot
    },
    async at(version) {
      const snapshot = await withSession('open', (session) => loadSnapshot(store, session, version))
      if (snapshot) return snapshot
      throw new WriterTableError(`the table does not exist: ${store.location}`, {
        context: { location: store.location },
      })
    },
    remember(snapshot) {
      if (known === undefined || snapshot.version > known.version) known = snapshot
    },
    exclusive(doing, work) {
      const run = lastWrite.then(() => withLateSession(doing, work))
      lastWrite = run.catch(() => undefined)
      return run
    },
  }
  return core
}

/** Runs work with a session of its own, opened on the first call. Converts errors of the engine to errors of this project. */
function lateSessions(engine: () => Promise<Engine>, ref: TableRef): TableCore['concurrent'] {
  return async <Result>(doing: string, work: (session: () => Promise<Session>) => Promise<Result>): Promise<Result> => {
    let opening: Promise<Session> | undefined
    try {
      return await work(() => {
        opening ??= engine().then((running) => running.session())
        return opening
      })
    } catch (error) {
      throw fromEngineError(error, `${doing} ${ref.schema}.${ref.name}`, { committed: 'no' })
    } finally {
      const session = await opening?.catch(() => undefined)
      session?.close()
    }
  }
}
