import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createServerHandler } from '../src/index.ts'
import { openDashboard } from './dashboard.ts'

const TOKEN = 'a-token-of-a-test-0123456789'
const BROWSER = { accept: 'text/html' }

describe('a request is refused', () => {
  test.each([
    ['for a name that a name server points here', { host: 'evil.example' }],
    ['for a name that only begins like loopback', { host: 'localhost.evil.example' }],
    ['for an address that is not this machine', { host: '192.168.1.10:4774' }],
    ['for a Host with user info', { host: 'localhost@evil.example' }],
    ['for the Origin of another site', { origin: 'https://evil.example' }],
    ['for the Origin of another port', { origin: 'http://localhost:3000' }],
    ['for an opaque Origin', { origin: 'null' }],
    [
      'for a fetch of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    ],
    [
      'for a fetch of another port',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    [
      'for a frame of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    ['for a site without a mode', { 'sec-fetch-site': 'cross-site' }],
  ])('%s', async (_name, headers) => {
    await using dashboard = await openDashboard()
    for (const path of ['/', '/api/v1/runs', '/events', '/metrics', '/healthz']) {
      const answer = await dashboard.get(path, headers as Record<string, string>)
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ code: 'FORBIDDEN', status: 403 })
    }
  })

  test('if a link on another site leads to the API', async () => {
    await using dashboard = await openDashboard()
    const followed = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...BROWSER,
    }
    expect((await dashboard.get('/api/v1/runs', followed)).status).toBe(403)
    expect((await dashboard.get('/failures', followed)).status).toBe(200)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('with the method %s, everywhere', async (method) => {
    await using dashboard = await openDashboard()
    for (const path of ['/', '/api/v1/runs', '/events', '/metrics', '/healthz', '/nowhere']) {
      const answer = await dashboard.get(path, {}, method)
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })

  test('with an address that is too long', async () => {
    await using dashboard = await openDashboard()
    const answer = await dashboard.get(`/?q=${'x'.repeat(9000)}`)
    expect(answer.status).toBe(414)
  })
})

test('names of this server with and without a port are accepted', async () => {
  await using dashboard = await openDashboard({ hosts: ['ops.example'], token: TOKEN })
  const authorization = `Bearer ${TOKEN}`
  for (const host of [
    'localhost',
    '127.0.0.1:4774',
    '[::1]:4774',
    'app.localhost:1',
    'ops.example',
    'OPS.example:443',
  ]) {
    expect((await dashboard.get('/', { host, authorization })).status).toBe(200)
  }
  expect((await dashboard.get('/', { host: 'other.example', authorization })).status).toBe(403)
})

test('no Host that is not named is accepted, whatever it looks like', async () => {
  await using dashboard = await openDashboard()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.domain(), fc.ipV4(), fc.string()), async (host) => {
      const isOurs = /^(?:.*\.)?localhost\.?$|^127\./i.test(host)
      let request: Request
      try {
        request = new Request('http://localhost/', { headers: { host } })
      } catch {
        return
      }
      const { status } = await dashboard.handler.fetch(request)
      if (!isOurs) expect(status).toBe(403)
    }),
    { numRuns: 300 },
  )
})

describe('with a token', () => {
  test('nothing but the health is answered without it', async () => {
    await using dashboard = await openDashboard({ token: TOKEN })
    for (const path of [
      '/',
      '/runs',
      '/api/v1/runs',
      '/api/v1/openapi.json',
      '/events',
      '/metrics',
      '/icon.svg',
      '/nowhere',
    ]) {
      const answer = await dashboard.get(path)
      expect([path, answer.status]).toEqual([path, 401])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
    expect((await dashboard.get('/healthz')).status).toBe(200)
  })

  test.each([
    ['another token', `Bearer ${TOKEN}x`],
    ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
    ['an empty one', 'Bearer '],
    ['another scheme', `Basic ${TOKEN}`],
  ])('%s is refused', async (_name, authorization) => {
    await using dashboard = await openDashboard({ token: TOKEN })
    expect((await dashboard.get('/api/v1/runs', { authorization })).status).toBe(401)
  })

  test('the header admits', async () => {
    await using dashboard = await openDashboard({ token: TOKEN })
    expect((await dashboard.get('/metrics', { authorization: `Bearer ${TOKEN}` })).status).toBe(200)
  })

  test('a link with it sets a cookie that does not hold it, and leaves the address', async () => {
    await using dashboard = await openDashboard({ token: TOKEN })
    const opened = await dashboard.get(`/runs?q=a&token=${TOKEN}`, BROWSER)
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/runs?q=a'])
    const cookie = opened.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain(TOKEN)
    const [session = ''] = cookie.split(';')
    expect((await dashboard.get('/runs?q=a', { cookie: `other=1; ${session}` })).status).toBe(200)
    expect((await dashboard.get('/runs?q=a', { cookie: `${session}x` })).status).toBe(401)
  })

  test('a link with a wrong one is refused, and cannot lead elsewhere', async () => {
    await using dashboard = await openDashboard({ token: TOKEN })
    expect((await dashboard.get('/?token=wrong', BROWSER)).status).toBe(401)
    const doubled = await dashboard.get(`//evil.example/?token=${TOKEN}`, BROWSER)
    expect(doubled.headers.get('location')).toBe('/evil.example/')
  })

  test('a link on another site goes on from a page of this server, so that the cookie is sent', async () => {
    await using dashboard = await openDashboard({ token: TOKEN })
    const followed = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...BROWSER,
    }
    for (const path of [`/runs?a="<b>&token=${TOKEN}`, '/runs?a="<b>']) {
      const answer = await dashboard.get(path, followed)
      expect(answer.status).toBe(200)
      const text = await answer.text()
      expect(text).toContain('http-equiv="refresh"')
      expect(text).not.toContain(TOKEN)
      expect(text).not.toContain('<b>')
    }
  })
})

test('every answer has the headers that keep other sites out, and none that let them in', async () => {
  await using dashboard = await openDashboard()
  for (const path of [
    '/',
    '/runs',
    '/nowhere',
    '/api/v1/runs',
    '/api/v1/nowhere',
    '/metrics',
    '/healthz',
    '/icon.svg',
  ]) {
    const { headers } = await dashboard.get(path)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

test.each([
  ['names of hosts without a token', { hosts: ['ops.example'] }],
  ['all addresses without a token', { acceptsAddresses: true }],
  ['a short token', { token: 'short' }],
  ['a name that is not a host', { hosts: ['a/b'], token: TOKEN }],
  ['a base path without a slash', { basePath: 'runs' }],
])('%s are not accepted as options', async (_name, options) => {
  await using dashboard = await openDashboard()
  expect(() => createServerHandler(dashboard.writer, options)).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION' }),
  )
})

test('an application that knows its users decides who is admitted', async () => {
  await using dashboard = await openDashboard({
    hosts: ['ops.example'],
    authorize: async (request) => request.headers.get('x-user') === 'ana',
  })
  expect((await dashboard.get('/', { host: 'ops.example', 'x-user': 'ana' })).status).toBe(200)
  expect((await dashboard.get('/', { host: 'ops.example' })).status).toBe(403)
})
