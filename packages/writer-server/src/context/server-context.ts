import { shareReading } from '@forge/writer-analytics'
import type { TableSource } from '@forge/writer-core'
import { type Clock, clockOf } from '@forge/writer-report/pages'
import { type Addresses, addressesBelow } from '../address/addresses.ts'
import { stateReader, type TableState } from '../live/table-state.ts'
import { type VersionCache, versionCache } from '../live/version-cache.ts'
import type { CheckedServerOptions } from './server-options.ts'

/** What all answers of a server need. */
export interface ServerContext {
  readonly source: TableSource
  readonly options: CheckedServerOptions
  readonly addresses: Addresses
  readonly clock: Clock
  readonly cache: VersionCache
  readonly readState: () => Promise<TableState>
  /** Returns a source whose figures are all of one state of the table, at least as new as this call. */
  readonly readSource: () => Promise<TableSource>
}

/** Creates the context of a server. */
export function createContext(source: TableSource, options: CheckedServerOptions): ServerContext {
  const readState = stateReader(source)
  const cache = versionCache({ readState, now: options.now })
  return {
    source,
    options,
    addresses: addressesBelow(options.base),
    clock: clockOf(options.timeZone),
    cache,
    readState,
    readSource: async () => (await cache.get('source', () => shareReading(source))).answer,
  }
}
