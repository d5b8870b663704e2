import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

/** Returns the number of bytes that this process may use: the machine's memory, or the container's limit if that is less. */
export function processMemoryBytes(): number {
  const limits = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].map(readLimit)
  return Math.min(totalmem(), ...limits)
}

/** Returns the default number of engine threads: the number of cores, at most 4. */
export function defaultThreads(): number {
  return Math.min(4, availableParallelism())
}

function readLimit(path: string): number {
  try {
    const bytes = Number(readFileSync(path, 'utf8').trim())
    return Number.isFinite(bytes) && bytes > 0 ? bytes : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
