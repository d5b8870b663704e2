import type { Random } from '@forge/fixtures'
import type { KeyRange, Operation, StorageName } from './operation.ts'

/** What happens to the table while an episode runs, or after it. */
export type Fault =
  | 'none'
  | 'kill'
  | 'full-disk'
  | 'lost-log'
  | 'cut-log'
  | 'foreign-log'
  | 'older-file'
  | 'damage'
  /** Some requests to the object store are lost, torn, late or refused. */
  | 'network'
  /** The same while workers are killed. */
  | 'network-kill'
  /** The object store cannot be reached for a while. */
  | 'outage'

export interface WorkerPlan {
  readonly prefix: string
  readonly operations: readonly Operation[]
  readonly clockShiftMs: number
  readonly idleMs: number
  /** Killed when this many operations were acknowledged, `killDelayMs` later; undefined if it may end. */
  readonly killAfter: number | undefined
  readonly killDelayMs: number
}

export interface EpisodePlan {
  readonly fault: Fault
  readonly workers: readonly WorkerPlan[]
}

/** An append that an earlier episode had acknowledged. */
export interface KnownAppend {
  readonly batchId: string
  readonly prefix: string
  readonly rows: KeyRange
}

const YEAR_MS = 365 * 24 * 3_600_000
const FAULTS: Readonly<Record<StorageName, readonly [Fault, ...Fault[]]>> = {
  duckdb: ['none', 'kill', 'kill', 'kill', 'full-disk', 'lost-log', 'cut-log', 'foreign-log', 'older-file', 'damage'],
  delta: ['none', 'kill', 'kill', 'kill', 'full-disk', 'damage'],
  s3: ['none', 'kill', 'kill', 'network', 'network', 'network-kill', 'network-kill', 'outage'],
}

/** Plans an episode: its fault, its workers, and what each does. */
export function planEpisode(
  random: Random,
  { storage, name, known }: { storage: StorageName; name: string; known: readonly KnownAppend[] },
): EpisodePlan {
  const fault = random.pick(FAULTS[storage])
  // A log is there to be lost only if its only process was killed.
  const isOfLog = fault === 'lost-log' || fault === 'cut-log' || fault === 'older-file'
  const count = isOfLog ? 1 : 1 + random.below(3)
  const isKilled = fault === 'kill' || fault === 'network-kill' || isOfLog
  const workers = Array.from({ length: count }, (_none, index) =>
    planWorker(random, `${name}w${index}`, { isKilled: isKilled && (index === 0 || random.chance(0.5)), known }),
  )
  return { fault, workers }
}

function planWorker(
  random: Random,
  prefix: string,
  { isKilled, known }: { isKilled: boolean; known: readonly KnownAppend[] },
): WorkerPlan {
  const length = 4 + random.below(14)
  let nextKey = 0
  const operations = Array.from({ length }, (_none, index): Operation => {
    const batchId = `${prefix}-${index}`
    const dice = random.below(100)
    if (index === 0 || dice < 40) {
      const rows = { from: nextKey, to: nextKey + sizeOf(random), value: random.below(100) }
      nextKey = rows.to
      return { kind: dice % 8 === 0 ? 'stream' : 'append', batchId, rows }
    }
    if (dice < 60) {
      const from = random.below(nextKey + 1)
      const rows = { from, to: from + 1 + random.below(60), value: random.below(100) }
      nextKey = Math.max(nextKey, rows.to)
      return { kind: 'merge', batchId, rows, whenMatched: random.pick(['update', 'ignore']) }
    }
    if (dice < 68) return { kind: 'delete', batchId, below: random.below(100) }
    if (dice < 72)
      return { kind: 'replace', batchId, rows: { from: 0, to: 1 + random.below(40), value: random.below(100) } }
    if (dice < 80) {
      const append = known[random.below(known.length)]
      return append ? { kind: 'retry', ...append } : { kind: 'count' }
    }
    if (dice < 88) return { kind: 'count' }
    if (dice < 92) return { kind: 'optimize' }
    return { kind: dice < 95 ? 'vacuum' : 'reopen' }
  })
  return {
    prefix,
    operations,
    clockShiftMs: random.chance(0.2) ? (random.below(11) - 5) * YEAR_MS : 0,
    idleMs: random.chance(0.5) ? random.below(40) : 0,
    killAfter: isKilled ? random.below(length) : undefined,
    killDelayMs: random.below(25),
  }
}

/** Mostly few rows; now and then many, which take other ways into the file. */
function sizeOf(random: Random): number {
  const dice = random.below(20)
  if (dice === 0) return 5_000 + random.below(20_000)
  return dice < 5 ? 200 + random.below(1_500) : 1 + random.below(30)
}
