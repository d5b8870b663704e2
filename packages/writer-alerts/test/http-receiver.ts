import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A real server on loopback that does what the test says. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly received: Received[]
  /** A status to answer with, or `hang` to never answer. */
  behaviour: number | 'hang'
  /** Decides by the message; `behaviour` counts when it says nothing. */
  answer?: ((body: string) => number | 'hang' | undefined) | undefined
  /** What it answers with. Default `{}`. */
  reply?: ((path: string, body: string) => object) | undefined
  headers: Record<string, string>
  stop(): Promise<void>
  /** Starts again on the same port. */
  start(): Promise<void>
}

export async function receiver(): Promise<Receiver> {
  const received: Received[] = []
  let server: Server
  let port = 0
  const self: Receiver = {
    get url() {
      return `http://127.0.0.1:${port}/hook`
    },
    received,
    behaviour: 200,
    headers: {},
    async start() {
      server = createServer((request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString('utf8')
        })
        request.on('end', () => {
          received.push({ path: request.url ?? '', headers: request.headers, body })
          const behaviour = self.answer?.(body) ?? self.behaviour
          if (behaviour === 'hang') return
          response.writeHead(behaviour, self.headers).end(JSON.stringify(self.reply?.(request.url ?? '', body) ?? {}))
        })
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await self.stop()
    },
  }
  await self.start()
  return self
}
