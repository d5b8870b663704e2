import { SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QUESTIONS } from '../src/api/questions.ts'
import { ASKED } from './asked.ts'
import { openDashboard, STORAGES } from './dashboard.ts'

const now = () => SIMULATED_NOW
const LEVELS = [
  { pipeline: 'payments', dueTime: '07:00' },
  { pipeline: '*', minSuccessRatePercent: 95 },
]

describe.each(STORAGES)('on %s', (storage) => {
  test('every answer is as its schema says, with nothing more, on a full and on an empty log', {
    tags: 'many-cases',
  }, async () => {
    expect(Object.keys(ASKED)).toEqual(QUESTIONS.map(({ path }) => path))
    await using dashboard = await openDashboard({ storage, now, levels: LEVELS })
    for (const isFull of [false, true]) {
      if (isFull) await dashboard.write(simulatedLog({ pipelines: 6, days: 12 }))
      for (const { path, answer } of QUESTIONS) {
        for (const address of ASKED[path] ?? []) {
          const response = await dashboard.get(`/api/v1${address}`)
          const body: unknown = await response.json()
          if (!isFull && response.status === 404) continue
          expect([address, response.status]).toEqual([address, 200])
          expect(answer.parse(body)).toEqual(body)
        }
      }
    }
  })
})

test('the description of the API names every question, and every schema that it refers to', async () => {
  await using dashboard = await openDashboard()
  const document = (await dashboard.json('/openapi.json')) as {
    readonly openapi: string
    readonly paths: Record<string, { readonly get: { readonly parameters?: { name: string }[] } }>
    readonly components: { readonly schemas: Record<string, unknown> }
  }
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toEqual(QUESTIONS.map(({ path }) => path))
  const references = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
    ([, name]) => name ?? '',
  )
  expect(references.filter((name) => !(name in document.components.schemas))).toEqual([])
  const parameters = document.paths['/runs']?.get.parameters?.map(({ name }) => name)
  expect(parameters).toEqual([
    'pipeline',
    'owner',
    'tag',
    'days',
    'from',
    'to',
    'outcome',
    'mode',
    'q',
    'after',
    'limit',
  ])
})

test.each([
  ['/runs?owners=ana', 'owners', ['owner']],
  ['/runs?outcomes=failed', 'outcomes', ['outcome']],
  ['/pipelines?tags=a', 'tags', ['tag']],
  ['/table?x=1', 'x', []],
])('the unknown parameter of %s is refused with the nearest name', async (address, parameter, nearest) => {
  await using dashboard = await openDashboard()
  const response = await dashboard.get(`/api/v1${address}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  const problem = (await response.json()) as {
    code: string
    context: { problems: { parameter: string; nearest: string[] }[] }
  }
  expect(problem.code).toBe('BAD_REQUEST')
  expect(problem.context.problems[0]).toMatchObject({ parameter })
  expect(problem.context.problems[0]?.nearest.slice(0, 1)).toEqual(nearest)
})

test.each([
  '/runs?limit=0',
  '/runs?limit=1001',
  '/runs?limit=ten',
  '/runs?limit=1&limit=2',
  '/runs?owner=',
  '/runs?outcome=late',
  '/runs?from=yesterday',
  '/runs?from=2026-02-31T99:00:00Z',
  '/runs?days=3&from=2026-01-01',
  '/runs?from=2026-02-01&to=2026-01-01',
  '/runs?after=nonsense',
  '/grid',
  '/grid?pipeline=a&runs=91',
  '/compare?a=1',
  '/summary?by=colour',
])('%s is refused with what is wrong', async (address) => {
  await using dashboard = await openDashboard()
  const response = await dashboard.get(`/api/v1${address}`)
  const problem = (await response.json()) as { status: number; detail: string; code: string }
  expect([response.status, problem.status]).toEqual([400, 400])
  expect(['BAD_REQUEST', 'CONFIGURATION']).toContain(problem.code)
  expect(problem.detail).not.toBe('')
})

test('an unknown run is not found, and the nearest ids are named', async () => {
  await using dashboard = await openDashboard({ now })
  await dashboard.write(simulatedLog({ pipelines: 1, days: 2 }))
  const response = await dashboard.get('/api/v1/runs/order-2026-03-02')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({
    code: 'NOT_FOUND',
    context: { nearest: ['orders-2026-03-02', 'orders-2026-03-01'] },
  })
})

test('pages of runs show every run once, and are not shifted by runs that are written in between', async () => {
  await using dashboard = await openDashboard({ now })
  await dashboard.write(simulatedLog({ pipelines: 5, days: 9 }))
  const seen: string[] = []
  let after: string | null = null
  do {
    const page = (await dashboard.json(`/runs?limit=7${after === null ? '' : `&after=${after}`}`)) as {
      runs: { runId: string }[]
      next: string | null
    }
    seen.push(...page.runs.map(({ runId }) => runId))
    after = page.next
    await dashboard.write([
      {
        run_id: `new-${seen.length}`,
        pipeline_id: 'new',
        phase: 'gold',
        step_name: 's',
        start_time: SIMULATED_NOW,
        end_time: SIMULATED_NOW,
        success: true,
      },
    ])
  } while (after !== null)
  expect(seen).toHaveLength(45)
  expect(new Set(seen).size).toBe(45)
})

test('any name of a run can be asked for by its address', { tags: 'many-cases' }, async () => {
  await using dashboard = await openDashboard()
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), async (name) => {
      fc.pre(!/\p{Surrogate}|\0/u.test(name))
      await dashboard.write([{ run_id: name, pipeline_id: 'p', phase: 'gold', step_name: 's', success: true }])
      const segment = /^(?:~.*|\.{0,2})$/s.test(name) ? `~${name}` : name
      const read = (await dashboard.json(`/runs/${encodeURIComponent(segment)}`)) as { run?: { runId: string } }
      expect(read.run?.runId).toBe(name)
    }),
    { numRuns: 60 },
  )
})

test('a hundred requests cost one reading, and a write makes the next answer new', async () => {
  await using dashboard = await openDashboard({ now })
  await dashboard.write(simulatedLog({ pipelines: 3, days: 3 }))
  let queries = 0
  const { table } = dashboard.writer
  const source = {
    ...dashboard.writer,
    config: dashboard.writer.config,
    storage: dashboard.writer.storage,
    logger: dashboard.writer.logger,
    companion: dashboard.writer.companion.bind(dashboard.writer),
    table: async (...asked: Parameters<typeof table>) => {
      // Readings of one version would not be counted.
      const { at: _at, ...opened } = await dashboard.writer.table(...asked)
      return {
        ...opened,
        aggregate: (query: Parameters<typeof opened.aggregate>[0]) => {
          queries++
          return opened.aggregate(query)
        },
      }
    },
  }
  const { createServerHandler } = await import('../src/index.ts')
  const handler = createServerHandler(source, { now })
  const ask = async () =>
    (await handler.fetch(new Request('http://localhost/api/v1/pipelines'))).json() as Promise<{ pipelines: unknown[] }>
  await ask()
  const cost = queries
  expect(cost).toBeGreaterThan(0)
  await Promise.all(Array.from({ length: 100 }, ask))
  expect(queries).toBe(cost)
  await dashboard.write([{ run_id: 'x', pipeline_id: 'one more', phase: 'gold', step_name: 's', success: true }])
  expect((await ask()).pipelines).toHaveLength(4)
})

test('error messages and metadata of runs are left out of every answer if that is asked for', async () => {
  await using dashboard = await openDashboard({ now, redactErrors: true })
  await dashboard.write(simulatedLog({ pipelines: 6, days: 6 }))
  for (const addresses of Object.values(ASKED)) {
    for (const address of addresses) {
      const text = await (await dashboard.get(`/api/v1${address}`)).text()
      expect(text).not.toMatch(/Database Error|timeout after|quota|worker-/)
    }
  }
})
