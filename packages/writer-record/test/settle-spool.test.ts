import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { listRunning, needsSettling, settleSpool } from '@forge/writer-record'
import { beforeEach, describe, expect, test } from 'vitest'
import { ownIdentity } from '../src/process/host-identity.ts'
import { endEntry, makeEntry, NOBODY, openWriter, rowsOf, spool } from './spool-entry.ts'

let base = ''
let folder = ''
beforeEach(() => {
  base = newFolder()
  folder = join(base, 'logs.duckdb.spool')
})

const elsewhere = { host: 'other/pid:[1]', bootId: 'b', pid: 7, start: '7' }
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

describe.each(['memory', 'duckdb', 'delta'] as const)('a spool that is settled into %s', (kind) => {
  test('a run that has ended is stored once, and leaves the spool', async () => {
    await using writer = await openWriter(kind)
    const entry = makeEntry(endEntry({ status: 'failed', exitCode: 7, errorMessage: 'exit code 7' }))
    spool(folder, entry)
    const report = await settleSpool(writer, { folders: [folder] })
    expect(report).toMatchObject({ ended: [{ identity: { runId: entry.identity.runId } }], lost: [] })
    expect(existsSync(folder)).toBe(false)
    // Stored, but killed before the file was removed.
    spool(folder, entry)
    await settleSpool(writer, { folders: [folder] })
    const rows = await rowsOf(writer)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      run_id: entry.identity.runId,
      pipeline_id: 'orders',
      phase: 'pipeline',
      start_time: '2026-11-30T10:00:00.000000Z',
      end_time: '2026-11-30T10:00:05.000000Z',
      duration_secs: 5,
      success: false,
      error_message: 'exit code 7',
      metadata: { status: 'failed', exit_code: 7 },
    })
  })

  test('a run whose processes are gone is lost; one whose command still runs is not', async () => {
    await using writer = await openWriter(kind)
    const own = ownIdentity()
    const killed = makeEntry()
    spool(folder, killed)
    spool(folder, makeEntry({ child: { pid: own.pid, start: own.start } }))
    spool(folder, makeEntry({ owner: own }))
    const reused = makeEntry({ owner: { ...own, start: '1' } })
    spool(folder, reused)
    const states = listRunning(join(base, 'logs.duckdb')).map(({ state }) => state)
    expect(states.toSorted()).toEqual(['lost', 'lost', 'running', 'unwatched'])
    const { lost } = await settleSpool(writer, { folders: [folder] })
    expect(lost.map(({ identity }) => identity.runId).toSorted()).toEqual(
      [killed, reused].map(({ identity }) => identity.runId).toSorted(),
    )
    const rows = await rowsOf(writer)
    expect(
      rows.map(({ success, end_time, metadata }) => [success, end_time, metadata.status, metadata.lost_reason]),
    ).toEqual([
      [false, null, 'lost', 'killed'],
      [false, null, 'lost', 'killed'],
    ])
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('a run of an earlier boot is lost, although its process ids are in use', async () => {
    await using writer = await openWriter(kind)
    const own = ownIdentity()
    spool(
      folder,
      makeEntry({ owner: { ...own, bootId: 'an earlier boot' }, child: { pid: own.pid, start: own.start } }),
    )
    await settleSpool(writer, { folders: [folder] })
    expect((await rowsOf(writer)).map(({ metadata }) => metadata.lost_reason)).toEqual(['reboot'])
  })

  test('a run of another host is lost without a heartbeat, and found again when its end arrives', async () => {
    await using writer = await openWriter(kind)
    const entry = makeEntry({ owner: elsewhere })
    const path = spool(folder, entry)
    utimesSync(path, minutesAgo(4), minutesAgo(4))
    expect(await settleSpool(writer, { folders: [folder] })).toEqual({ ended: [], lost: [] })
    utimesSync(path, minutesAgo(6), minutesAgo(6))
    expect((await settleSpool(writer, { folders: [folder] })).lost).toHaveLength(1)
    expect((await settleSpool(writer, { folders: [folder] })).lost).toHaveLength(0)
    expect((await rowsOf(writer)).map(({ metadata }) => metadata.status)).toEqual(['lost'])
    // Its owner was only cut off: it writes its end as if nothing had happened.
    const again = spool(folder, { ...entry, ...endEntry() })
    utimesSync(again, minutesAgo(2), minutesAgo(2))
    expect((await settleSpool(writer, { folders: [folder] })).ended).toHaveLength(1)
    const rows = await rowsOf(writer)
    expect(rows.map(({ success, metadata }) => [success, metadata.status])).toEqual([[true, 'success']])
    expect(existsSync(folder)).toBe(false)
  })

  test('a run that was killed after its row was stored is not lost', async () => {
    await using writer = await openWriter(kind)
    const entry = makeEntry()
    await writer.writeLogRows([{ run_id: entry.identity.runId, phase: 'pipeline' }], {
      batchId: `record:${entry.identity.runId}:${entry.identity.spanId}:end`,
    })
    spool(folder, entry)
    expect(await settleSpool(writer, { folders: [folder] })).toEqual({ ended: [], lost: [] })
    expect(await rowsOf(writer)).toHaveLength(1)
    expect(existsSync(folder)).toBe(false)
  })

  test('several processes that settle at once store each run once', async () => {
    await using writer = await openWriter(kind)
    for (let at = 0; at < 10; at++) spool(folder, makeEntry(at % 2 === 0 ? endEntry() : {}))
    await Promise.all(Array.from({ length: 4 }, () => settleSpool(writer, { folders: [folder] })))
    const statuses = (await rowsOf(writer)).map(({ metadata }) => metadata.status)
    expect(statuses.toSorted()).toEqual([...Array(5).fill('lost'), ...Array(5).fill('success')])
  })
})

test('each attempt is a row of its own, and figures of the command become columns', async () => {
  await using writer = await openWriter()
  const [attempt] = endEntry().attempts ?? []
  if (!attempt) throw new Error('no attempt')
  const metrics = {
    rows_written: '9007199254740993',
    rows_processed: 5,
    validation_rate: 101,
    lag_secs: 3,
    input_rows: -1,
  }
  const attempts = [
    { ...attempt, status: 'failed' as const, exitCode: 1 },
    { ...attempt, number: 2, metrics },
  ]
  const entry = makeEntry({ state: 'ended', attempts })
  spool(folder, entry)
  await settleSpool(writer, { folders: [folder] })
  const [first, second] = await rowsOf(writer)
  expect([first?.execution_id, second?.execution_id]).toEqual([entry.identity.runId, `${entry.identity.runId}/2`])
  expect(first).toMatchObject({ success: false, rows_written: null, metadata: { attempt: 1, rows_unknown: true } })
  expect(second).toMatchObject({
    rows_written: 9007199254740993n,
    rows_processed: 5,
    validation_rate: 100,
    metadata: { attempt: 2, metrics: { validation_rate: 101, lag_secs: 3, input_rows: -1 } },
  })
  expect(second?.metadata.rows_unknown).toBeUndefined()
})

test('a run of another table waits for a command on that table', async () => {
  await using writer = await openWriter()
  spool(folder, makeEntry({ ...endEntry(), table: { schema: 'analytics', name: 'other' } }))
  expect(await settleSpool(writer, { folders: [folder] })).toEqual({ ended: [], lost: [] })
  expect(readdirSync(folder)).toHaveLength(1)
})

test('a file that is damaged is put aside, and the others are stored', async () => {
  await using writer = await openWriter()
  const path = spool(folder, makeEntry(endEntry()))
  writeFileSync(path.replace('.run', '1.run'), '{"version":1,')
  writeFileSync(path.replace('.run', '2.run'), '{"version":1,"state":"ended"}')
  expect((await settleSpool(writer, { folders: [folder] })).ended).toHaveLength(1)
  expect(readdirSync(folder).filter((name) => name.endsWith('.damaged'))).toHaveLength(2)
  expect(needsSettling([folder])).toBe(false)
})

test('a run that its owner is storing at the moment is left to it', async () => {
  await using writer = await openWriter()
  // The first process of the system never ends.
  const path = spool(folder, makeEntry({ ...endEntry(), owner: { ...ownIdentity(), pid: 1, start: undefined } }))
  expect(needsSettling([folder])).toBe(false)
  expect(await settleSpool(writer, { folders: [folder] })).toEqual({ ended: [], lost: [] })
  utimesSync(path, minutesAgo(2), minutesAgo(2))
  expect((await settleSpool(writer, { folders: [folder] })).ended).toHaveLength(1)
})

test('a table that cannot be written leaves the spool as it is', async () => {
  const writer = await openWriter()
  spool(folder, makeEntry(endEntry()))
  await writer.close()
  await expect(settleSpool(writer, { folders: [folder] })).rejects.toMatchObject({ code: 'TABLE' })
  expect(readdirSync(folder)).toHaveLength(1)
})

test('a running run is described without its database', () => {
  const own = ownIdentity()
  const entry = makeEntry({ owner: own, child: { pid: NOBODY }, command: 'load --all' })
  spool(folder, entry)
  expect(listRunning(join(base, 'logs.duckdb'), { now: () => new Date('2026-11-30T10:01:00Z') })).toEqual([
    {
      runId: entry.identity.runId,
      pipelineId: 'orders',
      step: null,
      isNested: false,
      state: 'running',
      startedAt: '2026-11-30T10:00:00.000Z',
      seenAt: '2026-11-30T10:01:00.000Z',
      host: own.host.split('/')[0],
      isLocal: true,
      pid: NOBODY,
      command: 'load --all',
      attempt: 1,
    },
  ])
})
