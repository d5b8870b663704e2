import { createServer, type Server } from 'node:http'
import { isIP } from 'node:net'
import { type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { SERVER_CHECKS, type ServerOptions } from '../context/server-options.ts'
import { createServerHandler } from '../handler/create-server-handler.ts'
import { nodeListener } from './node-listener.ts'

export interface ServeOptions extends ServerOptions {
  /** The address to listen on. Default `127.0.0.1`: this machine only. Every other one needs a token. */
  readonly host?: string | undefined
  /** The port; 0 chooses a free one. Default 4774. */
  readonly port?: number | undefined
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** The address of the first page. */
  readonly url: string
  readonly port: number
  /** Ends the streams and the connections, and stops listening. The source stays open. */
  close(): Promise<void>
}

export const DEFAULT_PORT = 4774
const DEFAULT_HOST = '127.0.0.1'
const MAX_CONNECTIONS = 512
/** The time that open answers may take after `close`. */
const CLOSE_MS = 300

/**
 * Serves a log until `close` is called. Throws WriterConfigurationError for wrong options, without a token if others can reach it, and for a port
 * that is in use.
 */
export async function serve(source: TableSource, options: ServeOptions = {}): Promise<RunningServer> {
  assertOptions('serve', options, { ...SERVER_CHECKS, host: option.text, port: option.whole({ min: 0, max: 65_535 }) })
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, ...own } = options
  const isWild = ['0.0.0.0', '::', '[::]'].includes(host)
  const handler = createServerHandler(source, {
    ...own,
    hosts: [...(own.hosts ?? []), ...(isWild ? [] : [authorityOf(host)])],
    acceptsAddresses: own.acceptsAddresses ?? isWild,
  })
  const server = createServer(nodeListener(handler))
  server.maxConnections = MAX_CONNECTIONS
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  await listen(server, host, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const shown = isWild ? 'localhost' : authorityOf(host)
  const close = closeOnce(server, () => handler.close())
  return {
    url: `http://${shown}:${bound}${(own.basePath ?? '').replace(/\/$/, '')}/`,
    port: bound,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function authorityOf(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, resolve)
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): WriterConfigurationError {
  const problem =
    error.code === 'EADDRINUSE'
      ? `port ${port} of ${host} is in use`
      : `the server cannot listen on port ${port} of ${host} (${error.code})`
  return new WriterConfigurationError(problem, {
    context: { host, port, reason: error.code },
    suggestions: ['Choose another port, or 0 for a free one.'],
    cause: error,
  })
}

function closeOnce(server: Server, closeHandler: () => void): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= new Promise((resolve) => {
      closeHandler()
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
      server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      server.closeIdleConnections()
    })
    return closing
  }
}
