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
import { benchOf, type StorageUnderTest } from './storage-under-test.ts'
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
    describe('append', () => testAppend(bench))
    describe('streams', () => testStreams(bench))
    describe('failing writes', () => testFailingWrites(bench))
    describe('values', () => testValues(bench))
    describe('numbers', () => testNumbers(bench))
    describe('types', () => testTypes(bench))
    describe('exact values', () => testExactValues(bench))
    describe('unfilled columns', () => testUnfilledColumns(bench))
    describe('schema', () => testSchema(bench))
    describe('scan', () => testScan(bench))
    describe('predicates', () => testPredicates(bench))
    describe('aggregates', () => testAggregates(bench))
    describe('changes', () => testChanges(bench))
    describe('history', () => testHistory(bench))
    describe('upkeep', () => testUpkeep(bench))
    describe('concurrency', () => testConcurrency(bench))
    describe.skipIf(under.reopen === undefined)('durability (skipped without a way to reopen the storage)', () =>
      testDurability(bench),
    )
    describe('closing', () => testClosing(bench))
    describe('storage', () => testWholeStorage(bench))
    describe('options', () => testOptions(bench))
    describe('settings', () => testSettings(bench))
    describe('random', () => testRandomOperations(bench))
  })
}
