import { shareReading } from '@forge/writer-analytics'
import type { TableSource } from '@forge/writer-core'
import { type Clock, clockOf, type KeptExpectations } from '@forge/writer-report/pages'
import { type Addresses, addressesBelow } from '../address/addresses.ts'
import { snapshotKeeper } from '../live/snapshot.ts'
import { stateReader, type TableState } from '../live/table-state.ts'
import { type VersionCache, versionCache } from '../live/version-cache.ts'
import type { CheckedServerOptions } from './server-options.ts'

/** The context that all answers of a server need. */
export interface ServerContext {
  readonly source: TableSource
  readonly options: CheckedServerOptions
  readonly addresses: Addresses
  readonly clock: Clock
  readonly cache: VersionCache
  readonly readState: () => Promise<TableState>
  /** What was expected of pipelines, from one state to the next. */
  readonly expectations: KeptExpectations
}

/** Creates the context of a server. */
export function createContext(source: TableSource, options: CheckedServerOptions): ServerContext {
  const { now, readRunning } = options
  const readState = stateReader({ source, readRunning })
  const snapshotOf = snapshotKeeper({ share: (after) => shareReading(source, { after }), now })
  return {
    source,
    options,
    addresses: addressesBelow(options.base),
    clock: clockOf(options.timeZone),
    cache: versionCache({ readState, snapshotOf, now }),
    readState,
    expectations: new Map(),
  }
}
