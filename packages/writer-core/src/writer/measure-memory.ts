import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { megabytes } from '../storage/table-info.ts'

/** The memory of the process at one moment. */
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

/** Measures the current memory of the process and of the storage's engine. */
export async function measureMemory(storage: StorageBackend): Promise<MemoryUsage> {
  const rss = process.memoryUsage.rss()
  const limit = processLimitBytes()
  const available = Math.max(0, Math.min(process.availableMemory(), limit - rss))
  return {
    rssMb: megabytes(rss),
    vmsMb: await virtualMb(),
    percent: (rss / limit) * 100,
    availableMb: megabytes(available),
    engineMb: megabytes((await storage.engineMemoryBytes?.()) ?? 0),
  }
}

/** Returns the memory limit of the process: that of the container, otherwise the memory of the machine. */
function processLimitBytes(): number {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return constrained > 0 && constrained < total ? constrained : total
}

async function virtualMb(): Promise<number | null> {
  try {
    const match = /^VmSize:\s+(\d+) kB/m.exec(await readFile('/proc/self/status', 'utf8'))
    return match ? Number(match[1]) / 1024 : null
  } catch {
    return null
  }
}
