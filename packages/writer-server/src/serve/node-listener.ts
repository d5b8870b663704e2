import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { ServerHandler } from '../handler/create-server-handler.ts'

/** Answers requests of `node:http`, and of frameworks that are built on it. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Returns a handler as a listener of `node:http`: for `createServer`, or as the middleware of Express, Connect or Fastify.
 * @example
 * app.use('/observability', nodeListener(createServerHandler(source, { basePath: '/observability', authorize })))
 */
export function nodeListener(handler: ServerHandler): NodeListener {
  const listener = getRequestListener((request) => handler.fetch(request), { overrideGlobalObjects: false })
  return (request, response) => void listener(request, response)
}
