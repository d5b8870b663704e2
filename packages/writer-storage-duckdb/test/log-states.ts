import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type DuckdbStorageOptions, duckdbStorage } from '@forge/writer-storage-duckdb'
import { LOGS, manyRows } from './log-rows.ts'

/** The database, its log and its mark. */
const ENDS = ['', '.wal', '.mark'] as const

/** Copies a database by a child: reading it here would drop the engine's lock. A part that `from` lacks is removed. */
export function copyDatabase(from: string, to: string, ends: readonly (typeof ENDS)[number][] = ENDS): void {
  for (const end of ends) {
    if (existsSync(`${from}${end}`)) spawnSync('cp', [`${from}${end}`, `${to}${end}`])
    else spawnSync('rm', ['-f', `${to}${end}`])
  }
}

export interface LoggedCommits {
  /** Commits that go into the file, and those that stay in the log. */
  readonly inFile: number
  readonly inLog: number
  readonly options?: Omit<DuckdbStorageOptions, 'path'>
  /** Start of the batch ids and step names. */
  readonly prefix?: string
}

/** Adds commits of two rows each to a database, and leaves it as a killed process would: the last of them only in its log. */
export async function leaveLog(
  path: string,
  { inFile, inLog, options = {}, prefix = 'b' }: LoggedCommits,
): Promise<void> {
  const source = `${path}.work`
  copyDatabase(path, source)
  const append = async (from: number, to: number) => {
    const storage = duckdbStorage({ path: source, idleMs: 600_000, ...options })
    const table = await storage.openTable(LOGS)
    for (let index = from; index < to; index++)
      await table.append(manyRows(2, `${prefix}${index}`), { batchId: `${prefix}${index}` })
    return storage
  }
  await (await append(0, inFile)).close()
  const storage = await append(inFile, inFile + inLog)
  copyDatabase(source, path)
  await storage.close()
  spawnSync('rm', ['-f', ...ENDS.map((end) => `${source}${end}`)])
}
