import { closeSync, copyFileSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { isWriterError } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { allRows, freshPath, manyRows, openLogs } from './log-rows.ts'

const BLOCK_BYTES = 262_144
const HEADER_BYTES = 3 * 4096

/** Turns one bit in the middle of the block with this number. */
function turnBit(path: string, block: number): void {
  const at = HEADER_BYTES + block * BLOCK_BYTES + BLOCK_BYTES / 2
  const byte = Buffer.alloc(1)
  const file = openSync(path, 'r+')
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 16
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

async function readOutcome(path: string): Promise<number | string> {
  const { storage, table } = await openLogs(path)
  try {
    return (await allRows(table)).length
  } catch (error) {
    return isWriterError(error) ? error.code : 'UNTYPED'
  } finally {
    await storage.close()
  }
}

test('a scan that meets a damaged block is an error, never fewer rows', { tags: 'many-calls' }, async () => {
  const path = freshPath()
  const { storage, table } = await openLogs(path)
  for (let batch = 0; batch < 4; batch++) await table.append(manyRows(20_000, `b${batch}`), { batchId: `b${batch}` })
  await storage.close()
  const blocks = Math.floor((statSync(path).size - HEADER_BYTES) / BLOCK_BYTES)
  expect(blocks).toBeGreaterThan(4)
  const outcomes: (number | string)[] = []
  for (let block = 0; block < blocks; block++) {
    const damaged = freshPath()
    copyFileSync(path, damaged)
    turnBit(damaged, block)
    outcomes.push(await readOutcome(damaged))
  }
  expect(outcomes.filter((outcome) => outcome !== 80_000 && outcome !== 'TABLE')).toEqual([])
  expect(outcomes).toContain('TABLE')
})
