// @module-tag processes
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { LONG_HOOK_MS } from '@forge/fixtures'
import { createLogWriter, type StorageBackend } from '@forge/writer-core'
import { makeRow, newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, describe, expect, test } from 'vitest'
import { bin } from './record-process.ts'

const isBuilt = existsSync(bin)
/** A second, and what a busy machine adds to it. */
const MAX_MS = 8000
/** Texts of 100 MB, through which the engine searches for minutes; on disk they are small. */
const ROWS = 100
const TEXT = 'a'.repeat(1_000_000)
const RULES = Array.from(
  { length: 400 },
  (_none, at) => `- { rule: matches, name: r${at}, column: error_message, pattern: '(a|b)+c${at}' }`,
)
const SLOW = RULES.map((_rule, at) => `regexp_matches(error_message, '(a|b)+c${at}')`)
  .slice(0, 100)
  .join(' or ')

let cwd = ''
beforeAll(async () => {
  cwd = newFolder()
  const storages: readonly StorageBackend[] = [
    duckdbStorage({ path: join(cwd, 'logs.duckdb') }),
    deltaStorage({ path: join(cwd, 'lake') }),
  ]
  for (const storage of storages) {
    const writer = await createLogWriter({
      storage,
      config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
    })
    for (let at = 0; at < ROWS; at += 10) {
      const rows = Array.from({ length: 10 }, (_none, row) =>
        makeRow({ run_id: `r${at + row}`, error_message: `${at + row} ${TEXT}` }),
      )
      await writer.writeLogRows(rows)
    }
    await writer.close()
  }
  await writeFile(join(cwd, 'slow.yaml'), RULES.join('\n'))
}, LONG_HOOK_MS)

const DELTA = ['--storage', 'delta', '--path', 'lake']

/** Commands that keep the engine, or the program, busy for long. */
const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['check', '-r', 'slow.yaml'],
  ['check', '-r', 'slow.yaml', ...DELTA],
  ['query', '-w', SLOW],
  ['query', '-w', SLOW, ...DELTA],
  ['export', '-w', SLOW, '-o', 'out.csv'],
  ['export', '-w', SLOW, '-o', 'out.parquet'],
  ['export', '-w', SLOW, '-f', 'xlsx', '-o', 'out.xlsx', ...DELTA],
  ['erase', '-w', SLOW, '--yes'],
  ['erase', '-w', SLOW, '--yes', ...DELTA],
  ['ingest', '-f', 'ndjson', '-'],
  ['ingest', '-f', 'ndjson', '-', ...DELTA],
  ['serve', '--port', '0'],
  ['watch'],
]

describe.skipIf(!isBuilt || process.platform === 'win32')(
  'a busy command that gets a signal (skipped if it is not built, and on Windows)',
  () => {
    test.each(COMMANDS.map((argv, at) => ({ argv, name: argv.join(' ').slice(0, 60), at })))(
      '$name ends at once with the exit code of the signal, and leaves no half file',
      async ({ argv, at }) => {
        const [signal, expected] = at % 2 === 0 ? (['SIGTERM', 143] as const) : (['SIGINT', 130] as const)
        const before = filesIn(cwd)
        const child = spawn(process.execPath, [bin, ...argv], { cwd, stdio: ['pipe', 'ignore', 'ignore'] })
        const ended = new Promise<unknown>((resolve) => child.once('exit', (code, by) => resolve(code ?? by)))
        child.stdin.on('error', () => undefined)
        const feed = argv[0] === 'ingest' ? feedRows(child.stdin) : undefined
        await setTimeout(3000)
        const start = performance.now()
        child.kill(signal)
        // A shell sees the same code if the signal itself had to end the process.
        expect(await ended).toBeOneOf([expected, signal])
        expect(performance.now() - start).toBeLessThan(MAX_MS)
        clearInterval(feed)
        expect(filesIn(cwd).filter((name) => !before.includes(name))).toEqual([])
      },
    )
  },
)

/** Returns the files that are not those of a storage. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !/^logs\.duckdb/.test(name))
}

/** Writes rows without an end. */
function feedRows(stream: NodeJS.WritableStream): NodeJS.Timeout {
  let at = 0
  return setInterval(() => {
    for (let row = 0; row < 100; row++) {
      stream.write(`${JSON.stringify({ run_id: `new-${at++}`, phase: 'gold', step_name: 's' })}\n`)
    }
  }, 5)
}
