import { controlGroup } from './control-group.ts'
import { descendantsOf, memoryOf, processFacts } from './process-table.ts'

/** The resources that a command used, as far as they are known. */
export interface ResourceUse {
  /** Peak memory of the command and its descendants, in MB. */
  readonly memoryMb?: number | undefined
  /**
   * The way in which the peak was measured. `hwm`: the kernel's high-water mark of a command that was one process. `cgroup`: the high-water mark of a
   * control group in which only the command and its recorder are, which includes the recorder and cached files. `rss-sum`: the greatest sum of the
   * memory of all processes of the command at one moment, which counts shared pages several times.
   */
  readonly memoryMethod?: 'hwm' | 'cgroup' | 'rss-sum' | undefined
  /** CPU time of the command and of those descendants that it waited for, in seconds. */
  readonly cpuSecs?: number | undefined
}

export interface ResourceSampler {
  /** The ids of all processes that were seen, with their starts. */
  readonly seen: ReadonlyMap<number, string>
  /** Stops, and returns the use. Call it after the command has been waited for. */
  stop(): ResourceUse
}

const FIRST_DELAY_MS = 2
const DELAY_MS = 250
/** Long commands are sampled less often: after this time each 20th of their age. */
const MAX_DELAY_MS = 5000
const AGE_PER_DELAY = 20
/** The last sample must lie in the second half of the life of the command. Otherwise the peak is unknown. */
const MIN_COVERED = 0.5

/** Returns the CPU time of all children that this process has waited for, in seconds. */
export function waitedCpuSecs(): number | undefined {
  return processFacts('self')?.childrenCpuSecs
}

/** Samples the memory of a command and its descendants. `cpuBefore` is {@link waitedCpuSecs} from before its start. */
export function sampleResources(pid: number, cpuBefore: number | undefined): ResourceSampler {
  const startedMs = performance.now()
  const group = controlGroup()
  const own = () => new Set([process.pid, pid, ...seen.keys()])
  const groupBefore = group?.peakBytes(new Set([process.pid, pid]))
  const seen = new Map<number, string>()
  let [peakBytes, lastSampleMs, isOneProcess] = [0, 0, true]
  let timer: NodeJS.Timeout | undefined
  const sample = () => {
    const pids = [pid, ...descendantsOf(pid)]
    if (pids.length > 1) isOneProcess = false
    let sum = 0
    for (const each of pids) {
      if (!seen.has(each)) seen.set(each, processFacts(each)?.start ?? '')
      const memory = memoryOf(each)
      if (memory === undefined) continue
      sum += memory.bytes
      peakBytes = Math.max(peakBytes, memory.peakBytes)
      lastSampleMs = performance.now() - startedMs
    }
    peakBytes = Math.max(peakBytes, sum)
  }
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      sample()
      const ageMs = performance.now() - startedMs
      schedule(ageMs < DELAY_MS ? Math.min(delayMs * 2, DELAY_MS) : nextDelay(ageMs))
    }, delayMs).unref()
  }
  schedule(FIRST_DELAY_MS)
  return {
    seen,
    stop() {
      clearTimeout(timer)
      const lifeMs = performance.now() - startedMs
      const cpuAfter = waitedCpuSecs()
      const cpuSecs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore
      const groupPeak = groupBefore === undefined ? undefined : group?.peakBytes(own())
      // A peak from before the command would not be its own.
      if (!isOneProcess && groupPeak !== undefined && groupPeak > (groupBefore ?? 0))
        return { cpuSecs, memoryMb: groupPeak / 1e6, memoryMethod: 'cgroup' }
      if (peakBytes === 0 || lastSampleMs < lifeMs * MIN_COVERED) return { cpuSecs }
      return { cpuSecs, memoryMb: peakBytes / 1e6, memoryMethod: isOneProcess ? 'hwm' : 'rss-sum' }
    },
  }
}

function nextDelay(ageMs: number): number {
  return Math.min(MAX_DELAY_MS, Math.max(DELAY_MS, ageMs / AGE_PER_DELAY))
}
