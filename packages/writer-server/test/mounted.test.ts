// @module-tag processes
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { simulatedLog } from '@forge/fixtures'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodeListener, type ServerHandler } from '../src/index.ts'
import { ensureBuilt } from './children/writer-process.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import { eventsOf, nextOf } from './events.ts'

const BASE = '/observability'
const COOKIE = 'session=ana'
const ROW = { pipeline_id: 'p', phase: 'gold', step_name: 's', success: true } as const
const EXPRESS_APP = fileURLToPath(new URL('children/express-app.mjs', import.meta.url))

interface Application extends AsyncDisposable {
  readonly origin: string
}

/** The dashboard in an application of each kind, next to a page of its own. */
const APPLICATIONS: Readonly<Record<string, (dashboard: Dashboard) => Promise<Application>>> = {
  'an application of Hono': ({ handler }) => {
    const app = new Hono()
    app.get('/', (context) => context.text('own page'))
    app.all(`${BASE}/*`, (context) => handler.fetch(context.req.raw))
    return listen(listenerOf((request) => app.fetch(request)))
  },
  'an application of Express': ({ path }) => startExpress(path),
  'a server of node:http': ({ handler }) => {
    const listener = nodeListener(handler)
    return listen((request, response) => {
      if (request.url?.startsWith(BASE)) listener(request, response)
      else response.end('own page')
    })
  },
  'route handlers of the web standard, as of Next.js': ({ handler }) => listen(listenerOf(routesOf(handler))),
}

function routesOf(handler: ServerHandler) {
  const GET = (request: Request) => handler.fetch(request)
  return (request: Request) =>
    new URL(request.url).pathname.startsWith(BASE) ? GET(request) : new Response('own page')
}

function listenerOf(answer: (request: Request) => Response | Promise<Response>): RequestListener {
  const listener = getRequestListener(answer, { overrideGlobalObjects: false })
  return (request, response) => void listener(request, response)
}

async function listen(listener: RequestListener): Promise<Application> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function startExpress(path: string): Promise<Application> {
  const child = spawn(process.execPath, [EXPRESS_APP, path, BASE, COOKIE], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [origin] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    origin,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    },
  }
}

beforeAll(ensureBuilt)

describe.each(Object.entries(APPLICATIONS))('in %s', (_name, mount) => {
  test('pages, links, the API and events work below its path, for those whom it admits', async () => {
    await using dashboard = await openDashboard({
      storage: 'duckdb',
      pollMs: 50,
      maxStreams: 1,
      basePath: BASE,
      authorize: ({ headers }) => headers.get('cookie') === COOKIE,
    })
    await dashboard.write(simulatedLog({ pipelines: 2, days: 2, steps: 2 }))
    await using application = await mount(dashboard)
    const get = (path: string, headers: Record<string, string> = { cookie: COOKIE }) =>
      fetch(`${application.origin}${path}`, { headers })
    expect(await (await get('/', {})).text()).toBe('own page')
    for (const path of [`${BASE}/`, BASE, `${BASE}/api/v1/runs`, `${BASE}/events`, `${BASE}/metrics`]) {
      const refused = await get(path, {})
      expect([path, refused.status, (await refused.text()).includes('orders')]).toEqual([path, 403, false])
    }
    const links = await followLinks(get)
    expect(links).toContain(`${BASE}/p/orders`)
    expect([...links].filter((link) => link.startsWith(`${BASE}/r/`)).length).toBeGreaterThan(1)
    expect(await (await get(`${BASE}/api/v1/table`)).json()).toMatchObject({ exists: true })
    for (const runId of ['first', 'second']) {
      const events = eventsOf(await openStream(get))
      const { data } = await nextOf(events)
      await dashboard.write([{ ...ROW, run_id: runId }])
      const rows = (data as { rows: number }).rows + 1
      // The version may be sent once more before the write is seen.
      let next = await nextOf(events)
      while ((next.data as { rows: number }).rows < rows) next = await nextOf(events)
      expect(next).toMatchObject({ event: 'version', data: { rows } })
      await events.return(undefined)
    }
  })
})

/** Follows every link from the first page on, and returns their addresses. */
async function followLinks(get: (path: string) => Promise<Response>): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  const waiting = [BASE, `${BASE}/`]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const response = await get(path)
    expect([path, response.status]).toEqual([path, 200])
    for (const [, link = ''] of (await response.text()).matchAll(/(?:href|action|data-events)="(\/[^"]*)"/g)) {
      expect(link).toMatch(/^\/observability(?:\/|$)/)
      // Filters and orders of lists would be followed for ever.
      const [address = ''] = link.split('?')
      if (!address.endsWith('/events') && !address.endsWith('/compare')) waiting.push(address)
    }
  }
  return seen
}

/** Opens the only stream that is allowed: it is free as soon as the server knows that the last reader is gone. */
async function openStream(get: (path: string) => Promise<Response>): Promise<Response> {
  for (;;) {
    const response = await get(`${BASE}/events`)
    if (response.status === 200) return response
    expect(await response.json()).toMatchObject({ code: 'BUSY' })
  }
}
