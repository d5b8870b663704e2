import type { DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api'
import type { LogBatch } from '@forge/writer-core'
import type { Engine, Session } from '@forge/writer-storage-duckdb/engine'

type FeedSlot = ReturnType<Engine['feed']['slot']>

/** Batches of up to so many rows come often: planning their statement would take as long as writing them. */
export const SMALL_ROWS = 500
/** Shapes of batches whose statements are kept. */
const MOST_SHAPES = 16

/** Statements over small batches, each prepared once for batches of one shape. One at a time. */
export interface SmallWrites {
  /** Runs the statement that `toSql` makes of a relation with the batch's columns; resolves with its rows. */
  run(batch: LogBatch, toSql: (relation: string) => string): Promise<DuckDBValue[][]>
  close(): void
}

interface Prepared {
  readonly slot: FeedSlot
  readonly statement: DuckDBPreparedStatement
}

export function smallWrites(engine: () => Promise<Engine>): SmallWrites {
  const known = new Map<string, Prepared>()
  let session: Session | undefined

  async function prepare(batch: LogBatch, toSql: (relation: string) => string): Promise<Prepared> {
    const running = await engine()
    session ??= await running.session()
    const slot = running.feed.slot(batch)
    try {
      return { slot, statement: await session.connection.prepare(toSql(slot.sql)) }
    } catch (error) {
      slot.release()
      throw error
    }
  }

  function forget(key: string): void {
    const { slot, statement } = known.get(key) ?? {}
    known.delete(key)
    statement?.destroySync()
    slot?.release()
  }

  return {
    async run(batch, toSql) {
      const key = JSON.stringify([toSql('?'), batch.columns.map(({ name, type }) => [name, type])])
      const prepared = known.get(key) ?? (await prepare(batch, toSql))
      // The one that was used last stands last.
      known.delete(key)
      known.set(key, prepared)
      const [oldest] = known.keys()
      if (known.size > MOST_SHAPES && oldest !== undefined) forget(oldest)
      prepared.slot.fill(batch)
      const reader = await prepared.statement.runAndReadAll()
      return reader.getRows()
    },
    close() {
      for (const key of [...known.keys()]) forget(key)
      session?.close()
      session = undefined
    },
  }
}
