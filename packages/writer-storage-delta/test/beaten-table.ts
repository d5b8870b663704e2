import { join } from 'node:path'
import type { ColumnDefinition } from '@forge/writer-core'
import type { DeltaTable } from '@forge/writer-storage-delta'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { deltaTable } from '../src/delta-table.ts'
import { maintenance } from '../src/operations/maintenance.ts'
import { localStore } from '../src/store/local-store.ts'
import type { ObjectStore } from '../src/store/object-store.ts'
import { tableCore } from '../src/table/table-core.ts'

export interface OddTables extends AsyncDisposable {
  /** Opens the table `s.t` over a store in which `change` replaces methods. */
  over(change: (store: ObjectStore) => Partial<ObjectStore>, maxAttempts?: number): DeltaTable
  /** Opens the table `s.t` whose first commits each lose to another writer. */
  beaten(by: readonly (() => Promise<unknown>)[], maxAttempts?: number): DeltaTable
}

/** Opens tables below `path` whose stores behave in rare ways. */
export function oddTables(path: string, columns: readonly ColumnDefinition[]): OddTables {
  const engines: ReturnType<typeof openEngine>[] = []
  const tables: OddTables = {
    over(change, maxAttempts = 10) {
      const inner = localStore(join(path, 's', 't'))
      const engine = openEngine({ threads: 1 })
      engines.push(engine)
      const silent = () => undefined
      const core = tableCore(
        { schema: 's', name: 't' },
        { ...inner, ...change(inner) },
        () => engine,
        {
          columns,
          partitionColumns: [],
          clusterColumns: [],
          properties: {},
          evolveSchema: false,
          widenColumns: false,
          feed: {},
          compression: 'zstd',
          targetFileBytes: 2 ** 27,
          fileSkipping: true,
          packSmallFiles: false,
          maxAttempts,
          now: () => new Date(),
          random: () => 0,
        },
        { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
      )
      return deltaTable(core, maintenance(core), () => undefined)
    },
    beaten(by, maxAttempts) {
      const others = [...by]
      const change = ({ putIfAbsent }: ObjectStore): Partial<ObjectStore> => ({
        async putIfAbsent(target, bytes) {
          await others.shift()?.()
          return putIfAbsent(target, bytes)
        },
      })
      return tables.over(change, maxAttempts)
    },
    async [Symbol.asyncDispose]() {
      for (const engine of engines) (await engine).close()
    },
  }
  return tables
}
