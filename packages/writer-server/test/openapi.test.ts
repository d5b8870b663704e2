// @module-tag many-calls
import { SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { ASKED } from './asked.ts'
import { type Dashboard, openDashboard, STORAGES } from './dashboard.ts'

const now = () => SIMULATED_NOW
const LEVELS = [
  { pipeline: 'payments', dueTime: '07:00' },
  { pipeline: '*', minSuccessRatePercent: 95 },
]

interface ApiDocument {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Readonly<Record<string, unknown>> } }>>
}

async function documentOf(dashboard: Dashboard, base = ''): Promise<ApiDocument> {
  return (await (await dashboard.get(`${base}/api/v1/openapi.json`)).json()) as ApiDocument
}

/** Returns what checks an answer against the document alone, as a program that was made from it does. */
function answerCheck(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  // The package is built for both kinds of modules, and its types know only one of them.
  ;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
  ajv.addSchema(document, 'api')
  return (path: string, status: number, contentType: string): ValidateFunction => {
    const steps = ['paths', path, 'get', 'responses', String(status), 'content', contentType, 'schema']
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const found = ajv.getSchema(`api#/${pointer}`)
    if (!found) throw new Error(`the document says nothing of ${status} ${contentType} at ${path}`)
    return found as ValidateFunction
  }
}

test.each(['', '/ops/runs'])('below %j, the description is a valid OpenAPI document', async (basePath) => {
  await using dashboard = await openDashboard({ basePath })
  const document = await documentOf(dashboard, basePath)
  const validator = new Validator()
  // The validator changes what it is given.
  expect(await validator.validate(structuredClone(document) as object as Record<string, unknown>)).toMatchObject({
    valid: true,
  })
  expect(validator.version).toBe('3.1')
  expect(document.servers).toEqual([{ url: `${basePath}/api/v1` }])
})

describe.each(STORAGES)('on %s', (storage) => {
  test('every answer fits the schema of the document, on a full and on an empty log', async () => {
    await using dashboard = await openDashboard({ storage, now, levels: LEVELS })
    const checkOf = answerCheck(await documentOf(dashboard))
    for (const isFull of [false, true]) {
      if (isFull) await dashboard.write(simulatedLog({ pipelines: 6, days: 12 }))
      for (const [path, addresses] of Object.entries(ASKED)) {
        for (const address of addresses) {
          const response = await dashboard.get(`/api/v1${address}`)
          const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
          const check = checkOf(path, response.status, type)
          const body: unknown = await response.json()
          expect([address, check(body), check.errors]).toEqual([address, true, null])
        }
      }
    }
  })
})

test('an answer that lacks a field does not fit', async () => {
  await using dashboard = await openDashboard({ now })
  const check = answerCheck(await documentOf(dashboard))('/table', 200, 'application/json')
  const { rows: _rows, ...rest } = (await dashboard.json('/table')) as Record<string, unknown>
  expect(check(rest)).toBe(false)
})

test.each([
  ['/runs?limit=0', '/runs', 400],
  ['/runs?owners=ana', '/runs', 400],
  ['/runs/none', '/runs/{runId}', 404],
  ['/compare?a=1&b=2', '/compare', 404],
] as const)('the problem of %s fits the document', async (address, path, status) => {
  await using dashboard = await openDashboard({ now })
  await dashboard.write(simulatedLog({ pipelines: 1, days: 1 }))
  const checkOf = answerCheck(await documentOf(dashboard))
  const response = await dashboard.get(`/api/v1${address}`)
  const check = checkOf(path, status, 'application/problem+json')
  const body: unknown = await response.json()
  expect([response.status, check(body), check.errors]).toEqual([status, true, null])
})

test('every answer of a refused or failed request is described', async () => {
  await using dashboard = await openDashboard({ token: 'a-token-of-a-test-0123456789' })
  const checkOf = answerCheck(
    (await (
      await dashboard.get('/api/v1/openapi.json', { authorization: 'Bearer a-token-of-a-test-0123456789' })
    ).json()) as ApiDocument,
  )
  for (const [headers, method, status] of [
    [{}, 'GET', 401],
    [{ host: 'evil.example' }, 'GET', 403],
  ] as const) {
    const response = await dashboard.get('/api/v1/runs', headers, method)
    const check = checkOf('/runs', status, 'application/problem+json')
    expect([response.status, check(await response.json())]).toEqual([status, true])
  }
})
