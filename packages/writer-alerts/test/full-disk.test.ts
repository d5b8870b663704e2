import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { alertHook } from '@forge/writer-alerts'
import { batchRows, createLogger, createLogWriter, type LogRowInput, type WriteHook } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { receiver } from './http-receiver.ts'

const failedRun = (run_id: string): LogRowInput => ({
  pipeline_id: 'orders',
  run_id,
  phase: 'gold',
  step_name: 'load',
  success: false,
})

test('an alert that a full disk cannot take is sent, stored when there is space, and sent no second time (skipped without root: mounts a tmpfs)', async (context) => {
  const folder = newFolder()
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status !== 0)
    return context.skip('mount is not allowed here')
  await using server = await receiver()
  const filler = join(disk, 'filler')
  const hoard: WriteHook = {
    name: 'hoard',
    afterWrite(_commit, batch) {
      if (batch.rowCount === 1) fill(filler)
      return undefined
    },
  }
  try {
    const alerts = [{ kind: 'webhook' as const, to: server.url }]
    const logged: string[] = []
    const hook = alertHook({ settings: alerts, random: () => 0 })
    const writer = await createLogWriter({
      storage: duckdbStorage({ path: join(disk, 'log.duckdb') }),
      config: { tableSchema: 'analytics', tableName: 'log', alerts, lockTimeoutMs: 2000, maxRetries: 0 },
      hooks: [hoard, hook],
      logger: createLogger('test', { level: 'warn', write: (line) => logged.push(line) }),
    })
    await writer.writeLogRows([failedRun('run-1')])
    await hook.deliver()
    expect(server.received).toHaveLength(1)
    expect(logged.join()).toMatch(/could not be stored/)
    rmSync(filler)
    await writer.writeLogRows([failedRun('run-2'), failedRun('run-3')])
    await hook.deliver()
    expect(
      server.received
        .flatMap(({ body }) => JSON.parse(body).alerts.map(({ runId }: { runId: string }) => runId))
        .toSorted(),
    ).toEqual(['run-1', 'run-2', 'run-3'])
    const table = await writer.companion('alerts', [])
    const states: unknown[] = []
    for await (const batch of table.scan()) for (const { state } of batchRows(batch)) states.push(state)
    expect(states).toEqual(['sent', 'sent', 'sent'])
    await writer.close()
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})

/** Leaves not a byte. */
function fill(path: string): void {
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size))
    } catch {
      // The disk is full for pieces of this size.
    }
  }
}
