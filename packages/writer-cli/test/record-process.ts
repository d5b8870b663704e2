import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogWriter, type Row, tableSource } from '@forge/writer-core'
import { settleSpool, spoolFolders } from '@forge/writer-record'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

export const bin = fileURLToPath(new URL('../dist/forge-writer.cjs', import.meta.url))
export const canRecord = existsSync(bin) && process.platform === 'linux'
export const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when the text has appeared on standard output. */
  seen(text: string): Promise<void>
}

export interface StartOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdio?: StdioOptions
  readonly input?: string
}

/** Starts `forge-writer record` with `logs.duckdb` in the folder, in a session of its own, as cron does. */
export function startRecord(argv: readonly string[], options: StartOptions): Started {
  return startProcess(process.execPath, [bin, 'record', ...argv], options)
}

export function startProcess(file: string, args: readonly string[], { cwd, env, stdio, input }: StartOptions): Started {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_STATE_HOME: join(cwd, 'state'), ...env },
    stdio: stdio ?? 'pipe',
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  if (input === undefined) child.stdin?.end()
  else child.stdin?.end(input)
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }))
  return {
    child,
    ended,
    async seen(text) {
      while (!output.stdout.includes(text)) {
        const isOver = await Promise.race([
          once(child.stdout ?? child, 'data').then(() => false),
          ended.then(() => true),
        ])
        if (isOver && !output.stdout.includes(text)) throw new Error(`${text} did not appear: ${output.stderr}`)
      }
    },
  }
}

/** Runs `forge-writer record` to its end. */
export function record(argv: readonly string[], options: StartOptions): Promise<Ended> {
  return startRecord(argv, options).ended
}

/** Returns the rows of the log, oldest first, with the metadata as an object. */
export async function logRows(
  cwd: string,
  { settles = true } = {},
): Promise<(Row & { readonly metadata: Metadata })[]> {
  const path = join(cwd, 'logs.duckdb')
  const storage = duckdbStorage({ path })
  const writer = await createLogWriter({ storage, config: CONFIG })
  try {
    if (settles) await settleSpool(writer, { folders: spoolFolders(path, { XDG_STATE_HOME: join(cwd, 'state') }) })
    const table = await tableSource({ storage, config: CONFIG }).table()
    const { batchRows } = await import('@forge/writer-core')
    const rows: Row[] = []
    if (!(await table.info()).exists) return []
    for await (const batch of table.scan({ orderBy: [{ column: 'start_time' }] })) rows.push(...batchRows(batch))
    return rows.map((row) => ({ ...row, metadata: JSON.parse(String(row.metadata)) }))
  } finally {
    await writer.close()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read any field of the metadata
type Metadata = any
