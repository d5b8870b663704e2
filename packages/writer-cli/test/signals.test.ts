// @module-tag processes
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogWriter } from '@forge/writer-core'
import { acquireLock, deadlineIn } from '@forge/writer-core/lock'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, describe, expect, test } from 'vitest'
import { EXIT_OF_SIGNAL } from '../src/command/exit-code.ts'

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
/** A condition that keeps the engine busy for minutes: every row is compared by a long expression. */
const ENDLESS_MS = 60_000
/** A second, and what a busy machine adds to it. */
const MAX_MS = 10_000

let cwd = ''
beforeAll(async () => {
  cwd = newFolder()
  const writer = await createLogWriter({
    storage: duckdbStorage({ path: join(cwd, 'logs.duckdb') }),
    config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
  })
  await writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 's' }])
  await writer.close()
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ lockTimeoutMs: ENDLESS_MS }))
})

describe.skipIf(!existsSync(BIN) || process.platform === 'win32')(
  'a command that is interrupted (skipped if it is not built)',
  () => {
    test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'by %s while it waits for a lock ends at once',
      async (signal) => {
        let arrived = () => {}
        const waited = new Promise<void>((resolve) => {
          arrived = resolve
        })
        const lock = await acquireLock(`path:${join(cwd, 'logs.duckdb')}`, {
          deadline: deadlineIn(ENDLESS_MS),
          onWaiting: () => arrived(),
        })
        const child = spawn(process.execPath, [BIN, 'summary'], { cwd, stdio: 'ignore' })
        const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
        await waited
        const start = performance.now()
        child.kill(signal)
        expect(await ended).toBe(EXIT_OF_SIGNAL[signal])
        expect(performance.now() - start).toBeLessThan(MAX_MS)
        await lock.release()
      },
    )
  },
)
