import { type Engine, openEngine, type Session } from '@forge/writer-storage-duckdb/engine'
import { afterAll, beforeAll } from 'vitest'

/** A session that is open while the tests of a file run. */
export function useSession(): () => Session {
  let opened: { readonly engine: Engine; readonly session: Session } | undefined
  beforeAll(async () => {
    const engine = await openEngine({ threads: 1 })
    opened = { engine, session: await engine.session() }
  })
  afterAll(() => {
    opened?.session.close()
    opened?.engine.close()
  })
  return () => {
    if (!opened) throw new Error('the tests have not begun')
    return opened.session
  }
}
