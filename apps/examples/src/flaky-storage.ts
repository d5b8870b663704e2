import {
  type LogTable,
  memoryStorage,
  type StorageBackend,
  WriterConcurrencyError,
  WriterTableError,
} from '@forge/writer-core'

export interface FlakyStorage extends StorageBackend {
  /** Number of attempted appends. */
  readonly attempts: number
}

/** Creates a memory storage whose first `failures` appends fail, as in a busy or broken storage. */
export function flakyStorage(failures: number, kind: 'busy' | 'broken' = 'busy'): FlakyStorage {
  const memory = memoryStorage()
  let attempts = 0
  const append = (table: LogTable): LogTable['append'] => {
    return async (batch, commit) => {
      attempts++
      if (attempts > failures) return table.append(batch, commit)
      if (kind === 'busy') throw new WriterConcurrencyError('the table is busy', { committed: 'no' })
      throw new WriterTableError('the disk is full', { committed: 'no' })
    }
  }
  return {
    name: 'flaky',
    location: 'memory:',
    get attempts() {
      return attempts
    },
    async openTable(ref, options) {
      const table = await memory.openTable(ref, options)
      return new Proxy(table, {
        get: (target, key) => (key === 'append' ? append(target) : Reflect.get(target, key, target)),
      })
    },
    close: () => memory.close(),
  }
}
