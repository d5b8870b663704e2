import type { DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api'
import type { LogBatch } from '@forge/writer-core'
import { appendableDdl, appendChunk, chunkOf, type Engine, type Session } from '@forge/writer-storage-duckdb/engine'

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

/** A table in memory, empty but while a statement runs. */
interface Stage {
  readonly name: string
  readonly statement: DuckDBPreparedStatement
}

/**
 * Rows go to a stage within a transaction that is rolled back. A table function would be planned anew each time and wait for this thread several times,
 * which takes as long where nothing else runs, and longer where it does.
 */
export function smallWrites(engine: () => Promise<Engine>): SmallWrites {
  const stages = new Map<string, Stage>()
  let opening: Promise<Session> | undefined
  let made = 0

  async function stageOf(key: string, batch: LogBatch, toSql: (relation: string) => string, session: Session) {
    const known = stages.get(key)
    // The one that was used last stands last.
    stages.delete(key)
    const stage = known ?? (await makeStage(`stage_${++made}`, batch, toSql, session))
    stages.set(key, stage)
    const [[oldest, { name, statement }] = ['', stage]] = stages
    if (stages.size > MOST_SHAPES) {
      stages.delete(oldest)
      statement.destroySync()
      await session.run(`drop table temp.main.${name}`)
    }
    return stage
  }

  return {
    async run(batch, toSql) {
      opening ??= engine().then((running) => running.session())
      const session = await opening
      const key = JSON.stringify([toSql('?'), appendableDdl(batch)])
      const { name, statement } = await stageOf(key, batch, toSql, session)
      const begun = session.runOften('begin transaction')
      try {
        const chunk = chunkOf(batch)
        await begun
        await appendChunk(session, { catalog: 'temp', schema: 'main', name }, chunk)
        return (await statement.runAndReadAll()).getRows()
      } finally {
        await begun
        await session.runOften('rollback')
      }
    },
    close() {
      for (const { statement } of stages.values()) statement.destroySync()
      stages.clear()
      opening?.then(
        (session) => session.close(),
        () => undefined,
      )
      opening = undefined
    },
  }
}

async function makeStage(
  name: string,
  batch: LogBatch,
  toSql: (relation: string) => string,
  session: Session,
): Promise<Stage> {
  await session.run(`create temporary table ${name} (${appendableDdl(batch)})`)
  return { name, statement: await session.connection.prepare(toSql(`temp.main.${name}`)) }
}
