import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineCommand } from '../command/command.ts'
import { flag, integer, repeatable, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { zone } from '../command/zone-option.ts'
import type { Host } from '../host.ts'
import { openFile } from '../output/open-file.ts'

/** Secrets have no option with a value: other users of the machine can read the arguments of a process. */
const TOKEN_VARIABLE = 'FORGE_SERVE_TOKEN'

export const serve = defineCommand({
  description:
    'Serve the pages of the report live, with a JSON API and Prometheus metrics, until Ctrl-C. Only this machine can reach it unless --host is given, which needs a token.',
  isContinuous: true,
  options: {
    port: integer('Port; 0 chooses a free one', { short: 'p', max: 65_535, default: 4774 }),
    host: text('Address to listen on; any address except loopback requires a token', {
      value: 'address',
      default: '127.0.0.1',
    }),
    allowHost: repeatable('Name by which browsers reach the server', { value: 'name' }),
    tokenFile: text(`File that contains the token; default: the variable ${TOKEN_VARIABLE}`, { value: 'file' }),
    basePath: text('Path prefix of the pages, behind a proxy', { value: 'path', mayBeEmpty: true }),
    title: text('Title of the pages', { mayBeEmpty: true, default: 'Pipelines' }),
    redactErrors: flag('Leave out error messages and the metadata of runs'),
    timeZone: zone('Time zone of all times, such as Europe/Berlin; default: UTC'),
    open: flag('Open the first page in the browser'),
  },
  examples: [
    { command: 'serve --open', does: 'look at everything, live' },
    { command: 'serve --host 0.0.0.0 --allow-host ops.example --token-file token', does: 'for a team, with a token' },
    { command: 'serve --port 0 --json', does: 'print the address for a script' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const token = await readToken(options.tokenFile, host)
    const source = await openSource({ mayBeMissing: true })
    const { serve: start } = await import('@forge/writer-server')
    const { listRunning } = await import('@forge/writer-record')
    const server = await start(source, {
      host: options.host,
      port: options.port,
      hosts: options.allowHost,
      token,
      basePath: options.basePath,
      title: options.title,
      redactErrors: options.redactErrors,
      timeZone: options.timeZone,
      readRunning: () => listRunning(source.storage.location, { now: host.now, env: host.env }),
      now: host.now,
    })
    try {
      const { url, port } = server
      await output.result({ url, port, needsToken: token !== undefined }, () => [
        `${url}${token === undefined ? '' : '  (open it once with ?token=… at its end)'}`,
      ])
      if (options.open) await openFile(url, { env: host.env, output })
      await untilAborted(signal)
    } finally {
      await server.close()
    }
  },
})

async function readToken(file: string | undefined, { cwd, env }: Host): Promise<string | undefined> {
  if (file === undefined) return env[TOKEN_VARIABLE] || undefined
  const path = resolve(cwd, file)
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--token-file: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const token = content.trim()
  if (token === '') throw new UsageError(`--token-file: ${path} is empty`)
  return token
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
