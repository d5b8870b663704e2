import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Extends the log of a Delta table to `version` by commits like its last one, each with a file of its own: it looks like thousands of appends of the
 * same rows, without the time that they take.
 */
export async function growLog(table: string, version: number): Promise<void> {
  const log = join(table, '_delta_log')
  const newest = (await readdir(log))
    .filter((name) => /^\d{20}\.json$/.test(name))
    .sort()
    .at(-1)
  if (newest === undefined) throw new Error(`no Delta table found at ${table}`)
  const actions: Record<string, Record<string, unknown>>[] = (await readFile(join(log, newest), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const original = actions.find(({ add }) => add)?.add?.path
  if (typeof original !== 'string') throw new Error('the last commit of the table added no file')
  for (let at = Number(newest.slice(0, 20)) + 1; at <= version; at++) {
    const path = `part-00000-${randomUUID()}-c000.zstd.parquet`
    await link(join(table, original), join(table, path))
    const lines = actions.map((action) => JSON.stringify(nextAction(action, path, at)))
    await writeFile(join(log, `${String(at).padStart(20, '0')}.json`), `${lines.join('\n')}\n`)
  }
}

function nextAction(action: Record<string, Record<string, unknown>>, path: string, version: number): object {
  const { add, txn, commitInfo } = action
  if (add) return { add: { ...add, path } }
  if (txn) return { txn: { ...txn, appId: `grown-${version}`, version } }
  return commitInfo ? { commitInfo: { ...commitInfo, readVersion: version - 1, txnId: randomUUID() } } : action
}
