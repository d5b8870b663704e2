import { applyOperation, type State } from './model.ts'
import type { Operation } from './operation.ts'
import type { KnownAppend } from './plan.ts'
import type { WorkerEnd } from './run-worker.ts'

/** An operation that changed rows, in the version that it made; without one if the process died before it could say. */
interface Entry {
  readonly prefix: string
  readonly operation: Operation
  readonly version: number | undefined
}

/** An operation of which nobody knows yet whether it was stored. */
export interface Uncertain {
  readonly prefix: string
  readonly operation: Operation & { readonly batchId: string }
}

/** What was acknowledged, and so what the table must hold. */
export class Ledger {
  #entries: Entry[] = []
  #start: State = new Map()

  /** The rows that must be there. */
  state(): State {
    return this.#entries.reduce((state, { prefix, operation }) => applyOperation(state, prefix, operation), this.#start)
  }

  /** The rows at a version, if what came after it is gone. */
  stateAt(version: number): State {
    const kept = this.#entries.filter((entry) => entry.version !== undefined && entry.version <= version)
    return kept.reduce((state, { prefix, operation }) => applyOperation(state, prefix, operation), this.#start)
  }

  newestVersion(): number {
    return Math.max(-1, ...this.#entries.map(({ version }) => version ?? -1))
  }

  /** Takes what is stored now as the beginning, after commits were lost and that was said. */
  restart(state: State): void {
    this.#start = state
    this.#entries = []
  }

  store({ prefix, operation }: Uncertain): void {
    this.#entries.push({ prefix, operation, version: undefined })
  }

  /** Takes in what a worker noted. Returns what is uncertain, and what must not be. */
  take(
    { plan, lines, wasKilled, code, errors }: WorkerEnd,
    mayFail: boolean,
  ): { uncertain: Uncertain[]; faults: string[] } {
    const faults: string[] = []
    const uncertain: Uncertain[] = []
    const { prefix } = plan
    const settled = new Set<number>()
    for (const line of lines) {
      const operation = plan.operations[line.at]
      if (line.state === 'started' || operation === undefined) continue
      settled.add(line.at)
      if (line.state === 'done') {
        faults.push(...this.#takeDone(prefix, operation, line))
        continue
      }
      if (line.code === 'UNTYPED') faults.push(`${prefix} ${operation.kind}: untyped error: ${line.message}`)
      else if (!mayFail && line.code !== 'CONCURRENCY')
        faults.push(`${prefix} ${operation.kind}: ${line.code}: ${line.message}`)
      if (line.committed === 'yes') this.#entries.push({ prefix, operation, version: undefined })
      else if (line.committed === 'unknown' && changesRows(operation)) uncertain.push({ prefix, operation })
    }
    for (const line of lines) {
      const operation = plan.operations[line.at]
      if (line.state === 'started' && !settled.has(line.at) && operation && changesRows(operation))
        uncertain.push({ prefix, operation })
    }
    if (code === 'hung') faults.push(`${prefix} hung`)
    else if (!wasKilled && code !== 0) faults.push(`${prefix} exited with ${code}: ${errors.slice(-1_500)}`)
    return { uncertain, faults }
  }

  #takeDone(
    prefix: string,
    operation: Operation,
    line: { version?: number; count?: number; alreadyWritten?: boolean },
  ): string[] {
    if (operation.kind === 'retry')
      return line.alreadyWritten ? [] : [`${prefix} retry of ${operation.batchId} was stored twice`]
    if (operation.kind === 'count') {
      const must = this.#rowsOf(prefix)
      return line.count === must ? [] : [`${prefix} counted ${line.count} rows of its own, must be ${must}`]
    }
    if (!changesRows(operation)) return []
    const version = line.version ?? -1
    const faults = this.#isTaken(operation, version) ? [`${prefix} ${operation.kind}: version ${version} twice`] : []
    if (line.alreadyWritten) faults.push(`${prefix} ${operation.batchId}: said to be written already`)
    this.#entries.push({ prefix, operation, version })
    return faults
  }

  /** A change that takes no row may make no version, so only those that always make one are compared. */
  #isTaken({ kind }: Operation, version: number): boolean {
    const makesVersion = (name: string) => name === 'append' || name === 'stream' || name === 'replace'
    return (
      makesVersion(kind) &&
      this.#entries.some((entry) => entry.version === version && makesVersion(entry.operation.kind))
    )
  }

  #rowsOf(prefix: string): number {
    let rows = 0
    for (const [key, values] of this.state()) if (key.startsWith(`${prefix}/`)) rows += values.length
    return rows
  }

  /** Appends whose batch ids must be known to the table. */
  appends(): KnownAppend[] {
    return this.#entries.flatMap(({ prefix, operation }) =>
      operation.kind === 'append' ? [{ batchId: operation.batchId, prefix, rows: operation.rows }] : [],
    )
  }
}

function changesRows(operation: Operation): operation is Operation & { readonly batchId: string } {
  return 'batchId' in operation && operation.kind !== 'retry'
}
