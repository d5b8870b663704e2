import { describe } from 'vitest'
import { testAggregates } from './aggregate-area.ts'
import { testAppend } from './append-area.ts'
import { testChanges } from './change-area.ts'
import { testHistory } from './history-area.ts'
import { testPredicates } from './predicate-area.ts'
import { testRandomOperations } from './random-area.ts'
import { testScan } from './scan-area.ts'
import { testWholeStorage } from './storage-area.ts'
import { benchOf, type StorageUnderTest } from './storage-under-test.ts'
import { testUpkeep } from './upkeep-area.ts'
import { testValues } from './values-area.ts'

/**
 * Registers the conformance suite of storages as tests of vitest. What a storage does not have is skipped with the reason; all else is a must.
 *
 * @example
 * testStorage({ name: 'json', create: () => jsonStorage({ path: newFolder() }), destroy: removeFolders })
 */
export function testStorage(under: StorageUnderTest): void {
  describe(`${under.name} storage`, () => {
    const bench = benchOf(under)
    describe('append', () => testAppend(bench))
    describe('values', () => testValues(bench))
    describe('scan', () => testScan(bench))
    describe('predicates', () => testPredicates(bench))
    describe('aggregates', () => testAggregates(bench))
    describe('changes', () => testChanges(bench))
    describe('history', () => testHistory(bench))
    describe('upkeep', () => testUpkeep(bench))
    describe('storage', () => testWholeStorage(bench))
    describe('random', () => testRandomOperations(bench))
  })
}
