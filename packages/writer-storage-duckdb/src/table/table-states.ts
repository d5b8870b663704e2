import type { TableRef } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { readTableState, type TableState } from './table-state.ts'

/** The states of the tables of a file while it is held. Reads get committed states. A write works on copies and publishes them with its commit. */
export interface TableStates {
  /** The number of running write transactions. */
  writing: number
  /** Returns the committed state. The session must not be in a transaction. */
  forRead(session: Session, journal: JournalState, ref: TableRef): Promise<TableState>
  /** Returns a function that gives the session's transaction its own copy of each table's state. */
  forWrite(session: Session, journal: JournalState): (ref: TableRef) => Promise<TableState>
  /** Makes the state of a write the committed state. An uncertain state is dropped and read again when it is needed. */
  publish(state: TableState, options: { readonly isCertain: boolean }): void
}

export function tableStates(): TableStates {
  const committed = new Map<string, TableState>()
  let publications = 0
  const states: TableStates = {
    writing: 0,
    async forRead(session, journal, ref) {
      const known = committed.get(keyOf(ref))
      if (known) return known
      const before = publications
      const isQuiet = states.writing === 0
      const state = await session.transaction(() => readTableState(session, ref, journal))
      // A concurrent write may have committed meanwhile. Only that write knows the latest state.
      if (isQuiet && states.writing === 0 && before === publications) committed.set(keyOf(ref), state)
      return state
    },
    forWrite(session, journal) {
      const working = new Map<string, TableState>()
      return async (ref) => {
        const own = working.get(keyOf(ref))
        if (own) return own
        const known = committed.get(keyOf(ref))
        const state = known ? { ...known } : await readTableState(session, ref, journal)
        working.set(keyOf(ref), state)
        return state
      }
    },
    publish(state, { isCertain }) {
      publications++
      if (isCertain) committed.set(keyOf(state.ref), state)
      else committed.delete(keyOf(state.ref))
    },
  }
  return states
}

function keyOf({ schema, name }: TableRef): string {
  return `${schema}\0${name}`
}
