export interface MemoryUsage {
  readonly rssMb: number
  /** Null where the system does not tell. */
  readonly vmsMb: number | null
  /** RSS as a share of what the process may use (container limits count). */
  readonly percent: number
  readonly availableMb: number
  /** What the storage's engine holds; 0 where it has none. */
  readonly engineMb: number
}
