import { bin, type Started, startProcess } from './record-process.ts'

/** A `forge-writer serve` that listens. */
export interface StartedServer extends Started {
  readonly url: string
  readonly port: number
  /** The time from its start until it listened, in milliseconds. */
  readonly startMs: number
}

export interface ServeOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Starts `forge-writer serve`, and resolves when it listens. */
export async function startServer(argv: readonly string[], { cwd, env = {} }: ServeOptions): Promise<StartedServer> {
  const beganAt = performance.now()
  const server = startProcess(process.execPath, [bin, 'serve', '--port', '0', '--json', ...argv], { cwd, env })
  let text = ''
  server.child.stdout?.on('data', (chunk: string) => {
    text += chunk
  })
  await server.seen('}\n')
  const { url, port } = JSON.parse(text) as { url: string; port: number }
  return { ...server, url, port, startMs: performance.now() - beganAt }
}

/** Kills a server that still runs, and waits for its end. */
export async function endServer({ child, ended }: Started): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await ended
}

/** Records rows by another process of the command line. */
export function ingestRows(rows: readonly object[], argv: readonly string[], { cwd, env }: ServeOptions) {
  const input = rows.map((row) => JSON.stringify(row)).join('\n')
  return startProcess(process.execPath, [bin, 'ingest', '-', '-f', 'ndjson', ...argv], { cwd, env: env ?? {}, input })
    .ended
}

export interface ServerEvent {
  readonly id: string
  readonly data: unknown
}

/** Reads a stream of events up to the first version. */
export async function nextEvent(url: string, headers: Record<string, string>): Promise<ServerEvent> {
  const response = await fetch(url, { headers })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk)
    const found = /event: version\nid: (.*)\ndata: (.*)\n\n/.exec(text)
    if (found) return { id: found[1] ?? '', data: JSON.parse(found[2] ?? '') }
  }
  throw new Error(`no event in ${text}`)
}
