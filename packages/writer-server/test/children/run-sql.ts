import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const RUN_SQL = fileURLToPath(new URL('run-sql.mjs', import.meta.url))
const MAX_ATTEMPTS = 100

/** Runs a query in another process, as soon as nothing holds the file. */
export async function runSql(path: string, query: string): Promise<Record<string, unknown>[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [RUN_SQL, path, query], { maxBuffer: 1e8 })
      return JSON.parse(stdout) as Record<string, unknown>[]
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !String(error).includes('lock')) throw error
      await sleep(50)
    }
  }
}
