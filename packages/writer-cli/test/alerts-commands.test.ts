// @module-tag many-calls
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

let cwd = ''
let server: Server
const answers = { status: 200, taken: [] as string[] }

beforeEach(async () => {
  cwd = newFolder()
  Object.assign(answers, { status: 200, taken: [] })
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8')
    })
    request.on('end', () => {
      if (answers.status === 200) {
        answers.taken.push(...(JSON.parse(body) as { alerts: { title: string }[] }).alerts.map(({ title }) => title))
      }
      response.writeHead(answers.status).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook-with-a-secret`
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ alerts: [{ kind: 'webhook', to }] }))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
})

const run = (argv: readonly string[]) => runCli(argv, { cwd })
const json = async (argv: readonly string[]) => {
  const { code, stdout } = await run([...argv, '--json'])
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) }
}

/** A run of the day that the clock of these tests shows. */
async function recordFailure(runId: string) {
  const row = {
    run_id: runId,
    pipeline_id: 'orders',
    phase: 'gold',
    step_name: 'load',
    success: false,
    start_time: '2026-11-30T11:00:00Z',
  }
  await writeFile(join(cwd, `${runId}.ndjson`), JSON.stringify(row))
  return run(['ingest', `${runId}.ndjson`])
}

test('what waits when a command ends is said, listed with its reason, and sent by flush', {
  tags: 'many-calls',
}, async () => {
  answers.status = 503
  const { code, stderr } = await recordFailure('run-1')
  expect(code).toBe(0)
  expect(stderr).toMatch(/1 alert .*webhook:.*503.*forge-writer alerts list/)
  expect(stderr).not.toContain('secret')

  const listed = await json(['alerts', 'list'])
  expect(listed).toMatchObject({
    code: 0,
    counts: { pending: 1, sent: 0, dead: 0 },
    alerts: [{ state: 'pending', kind: 'failure', reason: 'answered 503', attempts: 1, runId: 'run-1' }],
  })
  expect((await run(['alerts', 'list'])).stdout).toMatch(/pending +webhook:127\.0\.0\.1.* failed: orders/)

  expect(await json(['alerts', 'flush'])).toMatchObject({ code: 1, sent: 0, pending: 1 })
  answers.status = 200
  expect(await json(['alerts', 'flush'])).toMatchObject({ code: 0, sent: 1, pending: 0 })
  expect(answers.taken).toEqual(['failed: orders (gold.load)'])
  expect(await json(['alerts', 'flush'])).toMatchObject({ code: 0, sent: 0, pending: 0 })
  expect(answers.taken).toHaveLength(1)
  expect((await run(['alerts', 'list'])).stdout).toBe('no alerts are waiting\n')
  expect(await json(['alerts', 'list', '--state', 'sent'])).toMatchObject({ alerts: [{ state: 'sent' }] })
})

test('what was given up is listed, and tried again when it is asked for', async () => {
  answers.status = 400
  await recordFailure('run-1')
  expect(await json(['alerts', 'list'])).toMatchObject({
    counts: { dead: 1 },
    alerts: [{ state: 'dead', reason: 'answered 400' }],
  })
  answers.status = 200
  expect(await json(['alerts', 'flush'])).toMatchObject({ code: 0, sent: 0, dead: 1 })
  expect(await json(['alerts', 'flush', '--dead'])).toMatchObject({ code: 0, sent: 1, dead: 0 })
  expect(answers.taken).toHaveLength(1)
})

test('test shows what each sink answers, and needs no log', async () => {
  expect(await json(['alerts', 'test'])).toMatchObject({
    code: 0,
    isOk: true,
    sinks: [{ kind: 'webhook', isOk: true }],
  })
  expect(answers.taken).toHaveLength(1)
  answers.status = 404
  const failed = await run(['alerts', 'test'])
  expect(failed.code).toBe(1)
  expect(failed.stdout).toContain('answered 404')
  expect(failed.stdout).not.toContain('secret')
})

test('evaluate alerts once what the log says: failures, broken service levels, and what has recovered', {
  tags: 'many-calls',
}, async () => {
  const { port } = server.address() as AddressInfo
  const config = {
    alerts: [{ kind: 'webhook', to: `http://127.0.0.1:${port}` }],
    serviceLevels: [{ pipeline: 'nightly', dueTime: '06:00' }],
  }
  // The failure is recorded without anybody to alert.
  await writeFile(join(cwd, 'forge-writer.config.json'), '{}')
  await recordFailure('run-1')
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(config))
  const first = await json(['evaluate'])
  expect(first).toMatchObject({ code: 0, raised: { failures: 1, sla: 1, recovered: 0 }, pending: 0 })
  expect(answers.taken.toSorted()).toEqual(['failed: orders (gold.load)', 'late: nightly'])
  expect(await json(['evaluate'])).toMatchObject({ code: 0, raised: { failures: 0, sla: 0, recovered: 0 } })
  await writeFile(join(cwd, 'forge-writer.config.json'), '{}')
  const row = {
    run_id: 'run-2',
    pipeline_id: 'orders',
    phase: 'gold',
    step_name: 'load',
    start_time: '2026-11-30T11:30:00Z',
  }
  await writeFile(join(cwd, 'good.ndjson'), JSON.stringify(row))
  await run(['ingest', 'good.ndjson'])
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(config))
  answers.status = 500
  expect(await json(['evaluate'])).toMatchObject({ code: 1, raised: { recovered: 1 }, pending: 1 })
  answers.status = 200
  await run(['alerts', 'flush'])
  expect(answers.taken).toHaveLength(3)
  expect(answers.taken.at(-1)).toBe('recovered: orders')
})

test('without the setting test, flush and evaluate are usage errors', async () => {
  await writeFile(join(cwd, 'forge-writer.config.json'), '{}')
  for (const name of [['alerts', 'test'], ['alerts', 'flush'], ['evaluate']]) expect((await run(name)).code).toBe(2)
})
