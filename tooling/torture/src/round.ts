import { cpSync, existsSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '@forge/fixtures'
import { damage } from './damage.ts'
import { createDisk, type Disk } from './disk.ts'
import { startFault } from './episode-fault.ts'
import { inspect } from './inspect.ts'
import type { Inspection } from './inspector.ts'
import { Ledger, type Uncertain } from './ledger.ts'
import { differences, rowCountOf, type State } from './model.ts'
import type { Network } from './network.ts'
import { databasePath } from './open-table.ts'
import type { StorageName } from './operation.ts'
import { type EpisodePlan, type Fault, planEpisode } from './plan.ts'
import { runWorker } from './run-worker.ts'
import { judgeSights, watch } from './watch.ts'

export interface RoundResult {
  readonly storage: StorageName
  readonly seed: number
  readonly episodes: number
  readonly operations: number
  readonly kills: number
  readonly faults: readonly Fault[]
  /** What must not be; none if the round passed. */
  readonly failures: readonly string[]
  /** The folder of the table, if the round failed. */
  readonly keptAt?: string
}

const MAX_EPISODES = 8

/** One table from its first write on: up to eight episodes, each judged by the model. Stops at the first failure. */
export async function runRound(
  storage: StorageName,
  seed: number,
  { folder, network }: { readonly folder: string; readonly network?: Network | undefined },
): Promise<RoundResult> {
  const random = createRandom(seed)
  const scratch = join(folder, 'scratch')
  mkdirSync(scratch, { recursive: true })
  const disk = createDisk(folder)
  mkdirSync(disk.path, { recursive: true })
  const round = new Round(storage, random, { disk, scratch, network, name: `${storage}-${seed}` })
  const episodes = 2 + random.below(MAX_EPISODES - 1)
  let done = 0
  while (done < episodes && round.failures.length === 0) {
    await round.episode(`e${done}`)
    done++
  }
  const result = {
    storage,
    seed,
    episodes: done,
    operations: round.operations,
    kills: round.kills,
    faults: round.faults,
    failures: round.failures,
  }
  if (round.failures.length === 0) {
    disk.remove()
    return result
  }
  const keptAt = `${folder}-kept`
  cpSync(folder, keptAt, { recursive: true })
  disk.remove()
  return { ...result, keptAt }
}

interface RoundPlace {
  readonly disk: Disk
  readonly scratch: string
  /** The way to the object store; undefined for a local table. */
  readonly network: Network | undefined
  readonly name: string
}

class Round {
  readonly failures: string[] = []
  readonly faults: Fault[] = []
  operations = 0
  kills = 0
  readonly #ledger = new Ledger()
  readonly #storage: StorageName
  readonly #random: Random
  readonly #disk: Disk
  readonly #scratch: string
  readonly #network: Network | undefined
  /** The folder of the table, or its address in an object store. */
  readonly #path: string

  constructor(storage: StorageName, random: Random, { disk, scratch, network, name }: RoundPlace) {
    this.#storage = storage
    this.#random = random
    this.#disk = disk
    this.#scratch = scratch
    this.#network = network
    this.#path = network?.addressOf(name) ?? disk.path
  }

  async episode(name: string): Promise<void> {
    const known = this.#ledger.appends()
    const plan = planEpisode(this.#random, { storage: this.#storage, name, known })
    this.faults.push(plan.fault)
    const older = plan.fault === 'older-file' ? this.#copy('older') : undefined
    const uncertain = await this.#work(plan)
    if (this.failures.length > 0) return
    switch (plan.fault) {
      case 'lost-log':
      case 'cut-log':
        return this.#judgeLoss(plan.fault, uncertain)
      case 'foreign-log':
        this.#judge('workers', this.#inspect(uncertain), uncertain)
        return this.#judgeForeignLog(name)
      case 'older-file':
        return this.#judgeOlderFile(older, uncertain)
      case 'damage':
        this.#judge('workers', this.#inspect(uncertain), uncertain)
        return this.#judgeDamage()
      default:
        return this.#judge(plan.fault, this.#inspect(uncertain), uncertain)
    }
  }

  async #work(plan: EpisodePlan): Promise<Uncertain[]> {
    const fault = startFault(plan.fault, { disk: this.#disk, network: this.#network, random: this.#random })
    let settled = 0
    const onLine = ({ state }: { state: string }) => {
      if (state === 'started') return
      settled++
      if (settled === 3) fault.begin?.()
      if (settled === 7 && fault.begin) fault.end?.()
    }
    const place = { storage: this.#storage, path: this.#path, env: this.#network?.env, scratch: this.#scratch, onLine }
    // A reader of a DuckDB file would take part in what happens to its log.
    const reader = this.#storage === 'duckdb' ? undefined : watch(place)
    const ends = await Promise.all(plan.workers.map((worker) => runWorker(worker, place)))
    fault.end?.()
    const sights = (await reader?.end()) ?? []
    const uncertain = ends.flatMap((end) => {
      this.operations += end.lines.filter(({ state }) => state !== 'started').length
      if (end.wasKilled) this.kills++
      const { uncertain, faults } = this.#ledger.take(end, fault.mayFail)
      this.failures.push(...faults)
      return uncertain
    })
    if (reader && this.failures.length === 0) {
      const { versions } = this.#inspect([])
      for (const problem of judgeSights(sights, versions, fault.mayFail)) this.#fail('reader', problem)
    }
    return uncertain
  }

  #inspect(uncertain: readonly Uncertain[], options: { path?: string; repair?: boolean } = {}): Inspection {
    const batchIds = uncertain.map(({ operation }) => operation.batchId)
    const { path = this.#path, repair = false } = options
    const task = { storage: this.#storage, path, batchIds, repair }
    return inspect(task, { scratch: this.#scratch, env: this.#network?.undisturbedEnv })
  }

  /** Everything that was acknowledged is there, what is uncertain is there whole or not at all, and the history agrees. */
  #judge(what: string, inspection: Inspection, uncertain: readonly Uncertain[]): void {
    if (inspection.error) {
      this.#fail(what, `cannot be read: ${inspection.error.code}: ${inspection.error.message}`)
      return
    }
    for (const change of uncertain) {
      if (inspection.storedBatches.includes(change.operation.batchId)) this.#ledger.store(change)
    }
    if (inspection.problems.length > 0) this.#fail(what, `doctor: ${inspection.problems.join('; ')}`)
    this.#compare(what, this.#ledger.state(), inspection)
  }

  #compare(what: string, must: State, inspection: Inspection): void {
    for (const line of differences(must, new Map(inspection.rows))) this.#fail(what, line)
    const rows = rowCountOf(must)
    if (inspection.rowCount !== rows) this.#fail(what, `info counts ${inspection.rowCount} rows, must be ${rows}`)
    const numbers = inspection.versions.map(([version]) => version)
    const first = numbers[0] ?? 0
    if (numbers.some((version, index) => version !== first + index))
      this.#fail(what, `versions are not dense: ${numbers.join(' ')}`)
    const newest = inspection.versions.at(-1)
    if (newest && newest[1] !== rows)
      this.#fail(what, `history counts ${newest[1]} rows in version ${newest[0]}, must be ${rows}`)
  }

  /** The write-ahead log is gone or cut: fewer rows are right only if that is said, and only the rows of one earlier version. */
  #judgeLoss(fault: 'lost-log' | 'cut-log', uncertain: readonly Uncertain[]): void {
    const log = `${databasePath(this.#disk.path)}.wal`
    if (!existsSync(log)) {
      this.#judge(`${fault} (no log)`, this.#inspect(uncertain), uncertain)
      return
    }
    if (fault === 'lost-log') rmSync(log)
    else truncateSync(log, this.#random.below(statSync(log).size))
    const before = this.#inspect(uncertain)
    const newest = before.versions.at(-1)?.[0] ?? -1
    if (!before.error && before.healthy && newest < this.#ledger.newestVersion()) {
      this.#fail(
        fault,
        `version ${newest} is the newest, ${this.#ledger.newestVersion()} was acknowledged, and the doctor is content`,
      )
    }
    this.#judgeRepaired(fault, uncertain)
  }

  #judgeRepaired(what: string, uncertain: readonly Uncertain[]): void {
    const inspection = this.#inspect(uncertain, { repair: true })
    if (inspection.error) {
      this.#fail(what, `cannot be read after repair: ${inspection.error.code}: ${inspection.error.message}`)
      return
    }
    if (inspection.problems.length > 0) this.#fail(what, `not healthy after repair: ${inspection.problems.join('; ')}`)
    for (const change of uncertain) {
      if (inspection.storedBatches.includes(change.operation.batchId)) this.#ledger.store(change)
    }
    const newest = inspection.versions.at(-1)?.[0] ?? -1
    const isWhole = newest >= this.#ledger.newestVersion()
    const must = isWhole ? this.#ledger.state() : this.#ledger.stateAt(newest)
    for (const line of differences(must, new Map(inspection.rows))) this.#fail(`${what}, version ${newest}`, line)
    this.#ledger.restart(new Map(inspection.rows))
  }

  /** The log of another database lies next to the file: refused or left alone, never rows of it. */
  async #judgeForeignLog(name: string): Promise<void> {
    const log = `${databasePath(this.#disk.path)}.wal`
    if (this.failures.length > 0 || existsSync(log)) return
    const other = join(this.#scratch, `other-${name}`)
    mkdirSync(other, { recursive: true })
    const operations = Array.from({ length: 6 }, (_none, index) => ({
      kind: 'append' as const,
      batchId: `foreign-${name}-${index}`,
      rows: { from: index * 10, to: index * 10 + 10, value: 1 },
    }))
    const worker = { prefix: `foreign${name}`, operations, clockShiftMs: 0, idleMs: 0, killAfter: 4, killDelayMs: 0 }
    await runWorker(worker, { storage: this.#storage, path: other, scratch: this.#scratch })
    const foreign = `${databasePath(other)}.wal`
    if (!existsSync(foreign)) return
    cpSync(foreign, log)
    const beside = this.#inspect([])
    if (!beside.error)
      for (const line of differences(this.#ledger.state(), new Map(beside.rows))) this.#fail('foreign log', line)
    if (!beside.error && beside.healthy && existsSync(log)) this.#fail('foreign log', 'the doctor is content')
    if (beside.error && isUntyped(beside)) this.#fail('foreign log', `${beside.error.code}: ${beside.error.message}`)
    if (this.failures.length > 0) return
    rmSync(log, { force: true })
    this.#judge('foreign log, taken away', this.#inspect([]), [])
  }

  /** An older copy of the file lies next to the newer log: never rows of two states. */
  #judgeOlderFile(older: string | undefined, uncertain: readonly Uncertain[]): void {
    const file = databasePath(this.#disk.path)
    if (older === undefined || !existsSync(databasePath(older)) || !existsSync(`${file}.wal`)) {
      this.#judge('older-file (no log)', this.#inspect(uncertain), uncertain)
      return
    }
    const newer = this.#copy('newer')
    cpSync(databasePath(older), file)
    const mixed = this.#inspect(uncertain)
    const newest = mixed.versions.at(-1)?.[0] ?? -1
    if (mixed.error) {
      if (isUntyped(mixed)) this.#fail('older file', `${mixed.error.code}: ${mixed.error.message}`)
    } else if (newest < this.#ledger.newestVersion()) {
      for (const line of differences(this.#ledger.stateAt(newest), new Map(mixed.rows)))
        this.#fail(`older file, version ${newest}`, line)
      if (mixed.healthy) this.#fail('older file', 'the doctor is content')
    }
    rmSync(this.#disk.path, { recursive: true, force: true })
    cpSync(newer, this.#disk.path, { recursive: true })
    this.#judge('older file, put right again', this.#inspect(uncertain), uncertain)
  }

  /** A damaged copy: right rows, fewer rows with a word, or a typed error. */
  #judgeDamage(): void {
    if (this.failures.length > 0) return
    const copy = this.#copy('damaged')
    const what = damage(copy, this.#storage, this.#random)
    const inspection = this.#inspect([], { path: copy })
    if (isUntyped(inspection)) this.#fail('damage', `${what}: ${inspection.error?.code}: ${inspection.error?.message}`)
    if (inspection.error || !inspection.healthy) return
    for (const line of differences(this.#ledger.state(), new Map(inspection.rows)))
      this.#fail('damage', `${what}: ${line}`)
  }

  #copy(name: string): string {
    const to = join(this.#scratch, name)
    rmSync(to, { recursive: true, force: true })
    cpSync(this.#disk.path, to, { recursive: true })
    return to
  }

  #fail(what: string, problem: string): void {
    this.failures.push(`${what}: ${problem}`)
  }
}

function isUntyped({ error }: Inspection): boolean {
  return error !== undefined && (error.code === 'UNTYPED' || error.code === 'CRASHED')
}
