import type { TableRef } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { readTableState, type TableState } from './table-state.ts'

/** What is known of the tables of a file while it is held. Reads get what is committed; a write works on copies that it publishes with its commit. */
export interface TableStates {
  /** Transactions that are under way. */
  writing: number
  /** The committed state, for a session outside of a transaction. */
  forRead(session: Session, journal: JournalState, ref: TableRef): Promise<TableState>
  /** Copies for the transaction that the session is in, one for each table. */
  forWrite(session: Session, journal: JournalState): (ref: TableRef) => Promise<TableState>
  /** Makes the state of a write the committed one. A state that is not certain is read anew by whoever needs it. */
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
      // A write that was under way may have committed: it alone knows which state came last.
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
