import { describe } from 'vitest'
import { testAggregates } from './aggregate-area.ts'
import { testAppend } from './append-area.ts'
import { testChanges } from './change-area.ts'
import { testClosing } from './closing-area.ts'
import { testConcurrency } from './concurrency-area.ts'
import { testDurability } from './durability-area.ts'
import { testExactValues } from './exact-area.ts'
import { testFailingWrites } from './failing-area.ts'
import { testHistory } from './history-area.ts'
import { testNumbers } from './numbers-area.ts'
import { testOptions } from './options-area.ts'
import { testPredicates } from './predicate-area.ts'
import { testRandomOperations } from './random-area.ts'
import { testScan } from './scan-area.ts'
import { testSchema } from './schema-area.ts'
import { testSettings } from './settings-area.ts'
import { testWholeStorage } from './storage-area.ts'
import { type Bench, benchOf, type StorageArea, type StorageUnderTest } from './storage-under-test.ts'
import { testStreams } from './stream-area.ts'
import { testTypes } from './types-area.ts'
import { testUnfilledColumns } from './unfilled-area.ts'
import { testUpkeep } from './upkeep-area.ts'
import { testValues } from './values-area.ts'

/**
 * Registers the conformance suite of storages as vitest tests. Optional capabilities that a storage lacks are skipped with the reason; all other tests must pass.
 *
 * @example
 * testStorage({ name: 'json', create: () => jsonStorage({ path: newFolder() }) })
 */
export function testStorage(under: StorageUnderTest): void {
  describe(`${under.name} storage`, () => {
    const bench = benchOf(under)
    const area = (name: StorageArea, tests: (bench: Bench) => void) => {
      if (under.areas === undefined || under.areas.includes(name)) describe(name, () => tests(bench))
    }
    area('append', testAppend)
    area('streams', testStreams)
    area('failing writes', testFailingWrites)
    area('values', testValues)
    area('numbers', testNumbers)
    area('types', testTypes)
    area('exact values', testExactValues)
    area('unfilled columns', testUnfilledColumns)
    area('schema', testSchema)
    area('scan', testScan)
    area('predicates', testPredicates)
    area('aggregates', testAggregates)
    area('changes', testChanges)
    area('history', testHistory)
    area('upkeep', testUpkeep)
    area('concurrency', testConcurrency)
    area('durability', (each) =>
      describe.skipIf(under.reopen === undefined)('with a way to reopen the storage (skipped without)', () =>
        testDurability(each),
      ),
    )
    area('closing', testClosing)
    area('storage', testWholeStorage)
    area('options', testOptions)
    area('settings', testSettings)
    area('random', testRandomOperations)
  })
}
