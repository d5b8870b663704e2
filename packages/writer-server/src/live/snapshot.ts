import type { TableSource } from '@forge/writer-core'
import type { TableState } from './table-state.ts'

/** One state of the log, and what was read of it: several answers need the same parts. */
export interface Snapshot {
  readonly state: TableState
  /** Returns a source whose figures are all of one state of the table, at least as new as `state`. */
  source(): Promise<TableSource>
  /** Returns a part that answers share, which is read once. */
  part<Part>(name: string, read: () => Promise<Part>): Promise<Part>
}

export interface SnapshotOptions {
  readonly share: (earlier: TableSource | undefined) => Promise<TableSource>
  /** The clock. */
  readonly now: () => Date
}

/** The age after which a snapshot is read again: lateness and ages change without a write. */
export const MAX_AGE_MS = 15_000
const MAX_PARTS = 100

/** Returns a function that returns the snapshot of a state: the same one as long as the state is the same, and not too old. */
export function snapshotKeeper({ share, now }: SnapshotOptions): (state: TableState) => Snapshot {
  let kept: (Snapshot & { readonly atMs: number }) | undefined
  let earlier: TableSource | undefined
  return (state) => {
    const atMs = now().getTime()
    if (kept?.state.id === state.id && atMs - kept.atMs < MAX_AGE_MS) return kept
    const parts = new Map<string, Promise<unknown>>()
    const part = <Part>(name: string, read: () => Promise<Part>): Promise<Part> => {
      const found = parts.get(name)
      // A name always has the same kind of part.
      if (found) return found as Promise<Part>
      const reading = read()
      parts.set(name, reading)
      reading.catch(() => parts.delete(name))
      for (const oldest of parts.keys()) {
        if (parts.size <= MAX_PARTS) break
        parts.delete(oldest)
      }
      return reading
    }
    const source = () =>
      part('source', async () => {
        earlier = await share(earlier)
        return earlier
      })
    kept = { state, atMs, source, part }
    return kept
  }
}
