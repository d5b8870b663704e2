import { once } from 'node:events'
import { createServer, type Http2Server, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { sparkStorage } from '@forge/writer-storage-spark'
import { afterEach, expect, test } from 'vitest'

let server: Http2Server | undefined
afterEach(async () => {
  server?.close()
})

/** Starts a server that refuses every token, and returns its port and the headers that it got. */
async function refusingServer() {
  const seen: IncomingHttpHeaders[] = []
  server = createServer()
  server.on('stream', (stream, headers) => {
    seen.push(headers)
    stream.on('error', () => undefined)
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16', 'grpc-message': 'expired: hunter2' },
      { endStream: true },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, seen }
}

test('a token and the headers of the address are sent, and a refused token is a typed error without it', async () => {
  const { port, seen } = await refusingServer()
  const parameters = 'token=hunter2;use_ssl=false;x-databricks-cluster-id=0123-abc;path=/lake'
  const storage = sparkStorage({ url: `sc://127.0.0.1:${port}/;${parameters}` })
  const table = await storage.openTable({ schema: 's', name: 't' })
  const error: unknown = await table.findBatch('a').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'TABLE', transient: false, message: expect.stringContaining('token') })
  expect(JSON.stringify(error)).not.toContain('hunter2')
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({ authorization: 'Bearer hunter2', 'x-databricks-cluster-id': '0123-abc' })
  await storage.close()
})

test('a function is asked for another token when the server refuses one', async () => {
  const { port, seen } = await refusingServer()
  let calls = 0
  const storage = sparkStorage({
    url: `sc://127.0.0.1:${port}`,
    path: '/lake',
    token: async () => `token-${++calls}`,
  })
  const table = await storage.openTable({ schema: 's', name: 't' })
  await expect(table.info()).rejects.toMatchObject({ code: 'TABLE' })
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  await storage.close()
})
