// @module-tag many-cases
import { batchRows, type LogRowInput, parsePredicate, type TableSource } from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  choosePipelines,
  chooseRows,
  generateSummaryReport,
  limitSource,
  listPipelines,
  listRuns,
  type RowChoice,
  readFailures,
  readRunGrids,
} from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'
import { randomRows } from './random-logs.ts'

const owned = randomRows.chain((rows) =>
  fc
    .array(fc.constantFrom<object | null>(null, { owner: 'ana' }, { owner: 'bo', tags: ['a', 'b'] }, { tags: 'a' }), {
      minLength: rows.length,
      maxLength: rows.length,
    })
    .map((extra) => rows.map((row, at): LogRowInput => ({ ...row, metadata: { ...extra[at], ...metadataOf(row) } }))),
)

const metadataOf = ({ metadata }: LogRowInput) => (typeof metadata === 'object' ? metadata : {})

const choices = fc.constantFrom<RowChoice>(
  { owner: 'ana' },
  { owner: 'bo', tags: ['b'] },
  { tags: ['a'] },
  { pipeline: 'o*' },
  { owner: 'nobody' },
  { owner: 'ana', where: parsePredicate("run_mode = 'incremental'") },
)

async function rowsOf(source: TableSource, where?: RowChoice['where']): Promise<string[]> {
  const found: string[] = []
  for await (const batch of (await source.table()).scan({ where })) {
    for (const row of batchRows(batch)) found.push(JSON.stringify(row))
  }
  return found.sort()
}

onEveryStorage((open, storage) => {
  test('a limited source gives the figures that functions give when they choose the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(owned, choices, async (rows, choice) => {
        await using log = await open()
        await log.write(rows)
        const limited = await limitSource(log.source, choice)
        expect(await rowsOf(limited)).toEqual(await rowsOf(log.source, await chooseRows(log.source, choice)))
        const list = await listPipelines(log.source, { ...choice, runs: 3, now })
        expect(await listPipelines(limited, { runs: 3, now })).toEqual(list)
        const pipelines = list.pipelines.map(({ pipeline }) => pipeline)
        expect(new Set(await choosePipelines(log.source, choice))).toEqual(new Set(pipelines))
        expect(await listRuns(limited)).toEqual(await listRuns(log.source, choice))
        const where = await chooseRows(log.source, choice)
        const grids = { pipelines, runs: 3 }
        expect(await readRunGrids(limited, grids)).toEqual(await readRunGrids(log.source, { ...grids, where }))
        const period = { days: 60, now }
        expect(await readFailures(limited, period)).toEqual(await readFailures(log.source, { ...period, ...choice }))
        expect(await generateSummaryReport(limited, period)).toEqual(
          await generateSummaryReport(log.source, { ...period, ...choice }),
        )
      }),
      { numRuns: storage === 'memory' ? 25 : 6 },
    )
  })

  test('a limited source stores what is written, and has the tables next to the log and facts of the whole log', async () => {
    await using log = await open()
    const row = { run_id: 'a', pipeline_id: 'p', phase: 'gold', step_name: 's' } as const
    await log.write([
      { ...row, metadata: { owner: 'ana' } },
      { ...row, run_id: 'b', metadata: { owner: 'bo' } },
    ])
    const limited = await limitSource(log.source, { owner: 'ana' })
    expect(await (await limited.table()).info()).toEqual(await (await log.source.table()).info())
    const other = await limited.companion('notes', [{ name: 'text', type: 'string', nullable: true }])
    expect(other.ref).toEqual({ schema: 'analytics', name: 'pipeline_logs_notes' })
    expect(await limitSource(log.source, {})).toBe(log.source)
    expect(await rowsOf(limited)).toHaveLength(1)
  })
})
