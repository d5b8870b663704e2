import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkerPlace } from './run-worker.ts'
import type { Sight, WatcherTask } from './watcher.ts'

const program = fileURLToPath(new URL('watcher.js', import.meta.url))

/** A process that reads a table while others write to it. */
export interface Watch {
  /** Ends the process. Resolves with what it saw, in order. */
  end(): Promise<readonly Sight[]>
}

export function watch({ storage, path, env, scratch }: WorkerPlace): Watch {
  const journal = join(scratch, 'watcher.journal')
  const taskFile = join(scratch, 'watcher.task')
  rmSync(journal, { force: true })
  const task: WatcherTask = { storage, path, journal }
  writeFileSync(taskFile, JSON.stringify(task))
  const child = spawn(process.execPath, [program, taskFile], { env: { ...process.env, ...env }, stdio: 'ignore' })
  const ended = once(child, 'close')
  return {
    async end() {
      child.kill('SIGKILL')
      await ended
      if (!existsSync(journal)) return []
      const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
      return lines.map((line) => JSON.parse(line) as Sight)
    },
  }
}

/**
 * Returns what was seen and must not be: rows that are not those of a version, an older version after a newer one, and errors, unless faults may stop
 * readers.
 */
export function judgeSights(
  sights: readonly Sight[],
  versions: readonly (readonly [number, number])[],
  mayFail: boolean,
): string[] {
  const rowsOf = new Map(versions)
  const problems: string[] = []
  let newest = -1
  for (const sight of sights) {
    if ('code' in sight) {
      if (!mayFail || sight.code === 'UNTYPED') problems.push(`cannot read: ${sight.code}: ${sight.message}`)
      continue
    }
    const { version, rowCount, rowsRead = rowCount } = sight
    const must = rowsOf.get(version)
    if (version < newest) problems.push(`version ${version} after ${newest}`)
    if (must !== undefined && (rowCount !== must || rowsRead !== must))
      problems.push(`version ${version} has ${must} rows; counted ${rowCount}, read ${rowsRead}`)
    newest = Math.max(newest, version)
  }
  return problems
}
