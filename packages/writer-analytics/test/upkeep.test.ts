import { expect, test } from 'vitest'
import { getTableHistory, maintainTable, optimizeTable, planUpkeep } from '../src/index.ts'
import { onEveryStorage } from './logs.ts'

const row = { run_id: 'r1', phase: 'bronze', step_name: 'extract', duration_secs: 15, rows_processed: 1000 } as const

onEveryStorage((open) => {
  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a history of %s versions is refused', async (limit) => {
    await using log = await open()
    await expect(getTableHistory(log.source, { limit })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test('a table that does not exist has no history and needs no upkeep', async () => {
    await using log = await open()
    expect(await getTableHistory(log.source)).toMatchObject({ historyAvailable: false, totalVersions: 0, versions: [] })
    const missing = { reason: 'the table does not exist', tableFqn: 'analytics.pipeline_logs' }
    expect(await optimizeTable(log.source)).toMatchObject({ optimized: false, optimizationsApplied: [], ...missing })
    expect(await maintainTable(log.source)).toMatchObject({ maintained: false, maintenanceOperations: [], ...missing })
  })

  test('history lists versions, newest first, with the rows of the table at each', async () => {
    await using log = await open()
    for (const step of ['a', 'b', 'c']) await log.write([{ ...row, step_name: step }], { batchId: `batch-${step}` })
    const history = await getTableHistory(log.source, { limit: 2 })
    expect(history).toMatchObject({ historyAvailable: true, tableFqn: 'analytics.pipeline_logs' })
    expect(history.totalVersions).toBeGreaterThanOrEqual(3)
    expect(history.versions).toMatchObject([
      { operation: 'append', rowCount: 3, rowsAdded: 1, rowsRemoved: 0, batchId: 'batch-c' },
      { operation: 'append', rowCount: 2, batchId: 'batch-b' },
    ])
    for (const { sizeMb, sizeBytes } of history.versions) expect(sizeMb).toBe(sizeBytes / 1_048_576)
  })

  test('maintenance does what is asked for and reports what it found', async () => {
    await using log = await open()
    await log.write([row])
    const all = await maintainTable(log.source)
    expect(all.maintained).toBe(true)
    const told = [...all.maintenanceOperations, ...all.skipped.map(({ name }) => name)].sort()
    expect(told).toEqual(['analyze', 'vacuum', 'validate_schema'])
    expect(all.schema).toEqual({ valid: true, problems: [] })
    expect(all.vacuum).toMatchObject({ dryRun: false })
    const one = await maintainTable(log.source, { vacuum: false, analyze: false })
    expect(one.maintenanceOperations).toEqual(['validate_schema'])
    expect(one.vacuum).toBeUndefined()
  })
})

onEveryStorage((open, storage) => {
  test('optimizing keeps every row and says what was applied and what was not', async () => {
    await using log = await open({ clusterColumns: ['pipeline_id', 'step_name'] })
    for (const step of ['a', 'b', 'c']) await log.write([{ ...row, step_name: step }])
    const result = await optimizeTable(log.source)
    expect(result.optimized).toBe(true)
    expect(result.optimizationsApplied).toContain('vacuum')
    if (storage === 'postgres') {
      expect(result.skipped).toEqual([{ name: 'compaction', reason: expect.stringContaining('postgres') }])
    } else {
      expect(result.optimizationsApplied.some((name) => name === 'zorder' || name === 'cluster')).toBe(true)
      expect(result.skipped.map(({ name }) => name)).toContain('partitioning')
      expect(result.after.files).toBe(1)
    }
    expect(result.optimizationDurationSecs).toBeGreaterThan(0)
    expect((await (await log.source.table()).info()).rowCount).toBe(3)
    const nothing = { enablePartitioning: false, enableCompression: false, enableZordering: false, enableVacuum: false }
    expect((await optimizeTable(log.source, nothing)).optimizationsApplied).not.toContain('vacuum')
  })

  test('upkeep by plan does what the state of the table asks for, and says why', async () => {
    await using log = await open()
    expect(await planUpkeep(log.source)).toMatchObject({ exists: false, steps: [] })
    for (let at = 0; at < 17; at++) await log.write([{ ...row, run_id: `r${at}` }])
    const before = await planUpkeep(log.source)
    expect(before.steps.map(({ operation }) => operation)).toEqual(['optimize', 'vacuum', 'analyze'])
    const of = (name: string) => before.steps.find(({ operation }) => operation === name)
    if (storage === 'duckdb') {
      expect(of('optimize')).toMatchObject({ isNeeded: false, reason: expect.stringMatching(/\d/) })
      expect(of('analyze')).toMatchObject({ isNeeded: true, reason: '17 rows changed since the last upkeep, of 17' })
    } else if (storage === 'postgres') {
      expect(of('optimize')).toMatchObject({ isNeeded: false })
      expect(of('analyze')).toMatchObject({ isNeeded: true, reason: '17 rows changed since the last upkeep, of 17' })
    } else {
      expect(of('optimize')).toMatchObject({ isNeeded: true, reason: expect.stringContaining('17') })
    }
    const done = await maintainTable(log.source, { auto: true })
    const needed = before.steps.filter(({ isNeeded }) => isNeeded).map(({ operation }) => operation)
    expect(done.maintenanceOperations).toEqual([...needed, 'validate_schema'])
    expect(done.plan).toEqual(before)
    expect((await (await log.source.table()).info()).rowCount).toBe(17)
  })

  test('of a table in order nothing is needed', async () => {
    await using log = await open()
    await log.write([row])
    await optimizeTable(log.source)
    // A table in memory keeps no version of an upkeep that changed nothing.
    if (storage === 'memory') return
    const done = await maintainTable(log.source, { auto: true, validateSchema: false })
    expect(done).toMatchObject({ maintained: false, reason: 'nothing is needed', maintenanceOperations: [] })
  })
})
