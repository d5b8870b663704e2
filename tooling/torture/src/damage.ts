import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '@forge/fixtures'
import type { StorageName } from './operation.ts'

/**
 * Damages a file of a table, as disks and people do, and returns what was done. In a DuckDB file one bit is turned, since the engine keeps checksums.
 * Delta has none: there a file is cut off or a part of the log is overwritten by zeros.
 */
export function damage(folder: string, storage: StorageName, random: Random): string {
  const files = filesBelow(folder).filter((path) => statSync(path).size > 0 && isOfTable(path, storage))
  const path = files[random.below(files.length)]
  if (path === undefined) return 'nothing to damage'
  const { size } = statSync(path)
  if (storage === 'delta') return damageDelta(path, size, random)
  const at = random.below(size)
  const bit = random.below(8)
  turnBit(path, at, bit)
  return `bit ${bit} of byte ${at} of ${size} of ${path} turned`
}

function damageDelta(path: string, size: number, random: Random): string {
  const isLog = path.endsWith('.json')
  if (isLog && random.chance(0.5)) {
    const length = Math.min(size, 64)
    const at = random.below(size - length + 1)
    overwrite(path, at, Buffer.alloc(length))
    return `${length} bytes at ${at} of ${size} of ${path} overwritten by zeros`
  }
  const kept = Math.max(1, random.below(size - 1))
  truncateSync(path, kept)
  return `${path} cut off after ${kept} of ${size} bytes`
}

function isOfTable(path: string, storage: StorageName): boolean {
  if (storage === 'duckdb') return path.endsWith('.duckdb') || path.endsWith('.wal')
  // A line of a commit that is wholly gone is known to nobody; so only whole files and the inside of lines are damaged.
  return path.endsWith('.parquet') || path.endsWith('.json')
}

function turnBit(path: string, at: number, bit: number): void {
  const byte = Buffer.alloc(1)
  const file = openSync(path, 'r+')
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ (1 << bit)
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

function overwrite(path: string, at: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
