import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchRows, eq, jsonField, type LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { eraseRows, planRetention, pruneTable } from '../src/index.ts'
import { tableFiles } from '../src/retention/table-files.ts'
import { type Log, now, onEveryStorage } from './logs.ts'

const DAY_MS = 86_400_000

function row(daysAgo: number, change: LogRowInput = {}): LogRowInput {
  return {
    run_id: `run-${daysAgo}`,
    pipeline_id: 'orders',
    phase: 'bronze',
    step_name: 'extract',
    start_time: new Date(now().getTime() - daysAgo * DAY_MS),
    ...change,
  }
}

async function runs(log: Log): Promise<string[]> {
  const found: string[] = []
  for await (const batch of (await log.source.table()).scan({ columns: ['run_id', 'success'] })) {
    for (const { run_id, success } of batchRows(batch)) found.push(`${run_id}${success ? '' : '!'}`)
  }
  return found.sort()
}

const failed = { success: false, error_message: 'x' }

onEveryStorage((open, storage) => {
  const retention = {
    keepDays: 90,
    keepFailuresDays: 365,
    pipelines: [
      { pipeline: 'tmp_*', keepDays: 1 },
      { pipeline: 'tmp_kept', keepDays: 1000 },
      { pipeline: 'audit', keepDays: 1000 },
    ],
  }
  const rows = [
    ...[10, 89, 91, 400].map((days) => row(days)),
    ...[100, 366].map((days) => row(days, failed)),
    row(2, { pipeline_id: 'tmp_1', run_id: 'tmp' }),
    row(2, { pipeline_id: 'tmpx1', run_id: 'no tmp' }),
    row(2, { pipeline_id: 'tmp_kept', run_id: 'the first that fits' }),
    row(900, { pipeline_id: 'audit', run_id: 'audit' }),
    row(0, { run_id: 'undated', start_time: null, created_at: null }),
  ]

  test('a plan says what would go, by policy, and removes nothing', async () => {
    await using log = await open({ retention })
    await log.write(rows)
    const plan = await planRetention(log.source, { now })
    expect(plan).toMatchObject({ rows: 5, totalRows: 11 })
    expect(plan.policies).toMatchObject([
      { pipeline: 'tmp_*', keepDays: 1, keepFailuresDays: 1, rows: 2, before: '2024-06-14T12:00:00.000Z' },
      { pipeline: 'tmp_kept', rows: 0 },
      { pipeline: 'audit', rows: 0 },
      { pipeline: '*', keepDays: 90, rows: 3, failedRows: 1, runs: 3, oldest: '2023-05-12T12:00:00.000000Z' },
    ])
    expect(await pruneTable(log.source, { now, dryRun: true })).toMatchObject({ dryRun: true, rows: 5, rowsDeleted: 0 })
    expect(await runs(log)).toHaveLength(11)
  })

  test('pruning deletes just those rows, and a second time nothing', async () => {
    await using log = await open({ retention })
    await log.write(rows)
    const result = await pruneTable(log.source, { now })
    expect(result).toMatchObject({ dryRun: false, rows: 5, rowsDeleted: 5, version: expect.any(Number) })
    expect(await runs(log)).toEqual(['audit', 'no tmp', 'run-10', 'run-100!', 'run-89', 'undated'])
    expect(await pruneTable(log.source, { now })).toMatchObject({ rows: 0, rowsDeleted: 0, version: null })
  })

  test('space is really freed if older versions are given up', async () => {
    await using log = await open({ retention: { keepDays: 1 } })
    const many = Array.from({ length: 20_000 }, (_, at) => row(400, { run_id: `run-${at}-${Math.sin(at)}` }))
    await log.write(many)
    await log.write([row(0)])
    const { bytesFreed, vacuum } = await pruneTable(log.source, { now, vacuum: 'everything' })
    expect(await runs(log)).toEqual(['run-0'])
    if (storage === 'memory') expect(vacuum?.bytesFreed).toBeGreaterThan(100_000)
    else expect(bytesFreed).toBeGreaterThan(100_000)
  })

  test('what is kept for more days than there are dates is kept for ever', async () => {
    await using log = await open()
    await log.write(rows)
    expect(await planRetention(log.source, { retention: { keepDays: 1e9 }, now })).toMatchObject({ rows: 0 })
    const plan = await planRetention(log.source, { retention: { keepDays: 30, keepFailuresDays: 1e300 }, now })
    expect(plan).toMatchObject({ policies: [{ failedRows: 0 }] })
  })

  test('without a retention there is nothing to go by', async () => {
    await using log = await open()
    await expect(planRetention(log.source)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const everythings = pruneTable(log.source, { retention: { keepDays: 1 }, ...JSON.parse('{ "vacuum": "all" }') })
    await expect(everythings).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const wrong = planRetention(log.source, { retention: { keepDays: -1 } })
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const empty = await pruneTable(log.source, { retention: { keepDays: 1 } })
    expect(empty).toMatchObject({ exists: false, rows: 0, rowsDeleted: 0 })
  })

  test('of an erased subject no byte is left in any file', async () => {
    await using log = await open()
    const of = (user: string) => ({ metadata: { user }, error_message: `login of ${user} failed`, success: false })
    await log.write([row(3, of('ada@example.com')), row(2, of('grace@example.com'))], { runId: 'x' })
    await log.write([row(1, { ...of('ada@example.com'), step_name: 'clean', run_id: 'run-ada' })], {
      note: { by: 'ada@example.com' },
    })
    await log.write([row(1, { run_id: 'run-1' })])
    const where = eq(jsonField('metadata', 'user'), 'ada@example.com')
    const counted = await eraseRows(log.source, { where, dryRun: true })
    expect(counted).toMatchObject({ dryRun: true, rowsErased: 2 })
    expect(counted.proof).toBeUndefined()

    const result = await eraseRows(log.source, { where, texts: ['ada@example'] })
    expect(result).toMatchObject({
      rowsErased: 2,
      tables: [{ tableFqn: 'analytics.pipeline_logs', rowsErased: 2 }],
      // Nobody can read the files of a server from here.
      proof: { isProven: storage !== 'postgres', rowsLeft: 0, foundIn: [] },
    })
    expect(result.proof?.texts).toBeGreaterThanOrEqual(4)
    expect(await runs(log)).toEqual(['run-1', 'run-2!'])
    const files = (await tableFiles((await (await log.source.table()).info()).location)) ?? []
    if (storage === 'memory' || storage === 'postgres') expect(files).toEqual([])
    else expect(result.proof?.filesSearched).toBe(files.length)
    for (const { path } of files) expect((await readFile(path)).includes('ada@example')).toBe(false)
  })

  test('a proof fails and names the file if a text is still there', async () => {
    await using log = await open()
    await log.write([
      row(3, { run_id: 'run-a', step_name: 'of-the-subject' }),
      row(2, { run_id: 'run-b', error_message: 'waits for of-the-subject', success: false }),
    ])
    const { proof } = await eraseRows(log.source, { where: { step_name: 'of-the-subject' } })
    expect(proof).toMatchObject({ rowsLeft: 0, rowsMentioning: 1, isProven: false })
    if (storage === 'duckdb' || storage === 'delta')
      expect(proof?.foundIn[0]).toContain(join(log.directory, storage === 'delta' ? 'lake' : 'logs.duckdb'))
  })

  test('nothing is proven if there was no text to search for', async () => {
    await using log = await open()
    await log.write([row(3, { rows_processed: 77 }), row(2)])
    const { rowsErased, proof } = await eraseRows(log.source, { where: { rows_processed: 77 } })
    expect(rowsErased).toBe(1)
    expect(proof).toMatchObject({ texts: 0, rowsLeft: 0, isProven: false })
    if (storage === 'postgres') return
    expect(proof?.reason).toBe('no texts to search for: pass texts')
    const named = await eraseRows(log.source, { where: { rows_processed: 77 }, texts: ['ada@example'] })
    expect(named.proof).toMatchObject({ texts: 1, isProven: true })
  })

  test('a subject whose rows are gone already is searched for all the same', async () => {
    await using log = await open()
    await log.write([
      row(3, { step_name: 'of-the-subject' }),
      row(2, { error_message: 'of-the-subject', success: false }),
    ])
    const table = await log.source.table()
    await table.delete?.(eq('step_name', 'of-the-subject'), { batchId: 'cut short' })
    const { rowsErased, proof } = await eraseRows(log.source, { where: { step_name: 'of-the-subject' } })
    expect(rowsErased).toBe(0)
    expect(proof).toMatchObject({ texts: 1, rowsMentioning: 1, isProven: false })
  })

  test('what does not name rows is refused', async () => {
    await using log = await open()
    await log.write([row(1)])
    await expect(eraseRows(log.source, { where: {} })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(eraseRows(log.source, { where: { colour: 'red' } })).rejects.toMatchObject({ code: 'SCHEMA' })
    const short = eraseRows(log.source, { where: { run_id: 'x' }, texts: ['ab'] })
    await expect(short).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const noList = eraseRows(log.source, { where: { run_id: 'x' }, texts: JSON.parse('"ada@example"') })
    await expect(noList).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})
