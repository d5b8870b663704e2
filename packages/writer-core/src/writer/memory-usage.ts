export interface MemoryUsage {
  readonly rssMb: number
  /** Virtual memory in MB; null if the system does not report it. */
  readonly vmsMb: number | null
  /** RSS as a share of the memory limit of the process (including container limits), in percent. */
  readonly percent: number
  readonly availableMb: number
  /** Memory of the storage's engine in MB; 0 if it has none. */
  readonly engineMb: number
}
