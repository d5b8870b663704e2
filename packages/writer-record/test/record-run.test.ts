import { setTimeout as sleep } from 'node:timers/promises'
import type { LogWriter } from '@forge/writer-core'
import { asRun, asStep, currentScope, recordRun, recordStep } from '@forge/writer-record'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { openWriter, rowsOf } from './spool-entry.ts'

const env = {}
const byName = async (writer: LogWriter) =>
  new Map((await rowsOf(writer)).map((row) => [`${row.step_name} ${row.execution_id}`, row]))

describe.each(['memory', 'duckdb'] as const)('runs in code, in %s', (kind) => {
  test('a run is a row with the sums of its steps, and each step is a row', async () => {
    await using writer = await openWriter(kind)
    const result = await recordRun(
      writer,
      { pipelineId: 'orders', runId: 'r1', mode: 'initial', schema: 'shop', env },
      async (run) => {
        const rows = await run.step('load', { phase: 'bronze', type: 'extract' }, async (step) => {
          step.rows({ input: 10, processed: 10 })
          step.rows({ processed: 5, written: 14 })
          step.table('shop.orders', 'append')
          step.note({ source: 'api' })
          return 15
        })
        await run.step('check', (step) => step.warn('one row is odd'))
        await run.step('publish', (step) => step.skip('nothing new'))
        return rows * 2
      },
    )
    expect(result).toBe(30)
    const rows = await byName(writer)
    expect([...rows.keys()].toSorted()).toEqual(['check r1', 'load r1', 'orders r1', 'publish r1'])
    expect(rows.get('load r1')).toMatchObject({
      run_id: 'r1',
      run_mode: 'initial',
      pipeline_id: 'orders',
      schema: 'shop',
      phase: 'bronze',
      step_type: 'extract',
      input_rows: 10,
      rows_processed: 15,
      rows_written: 14,
      table_fqn: 'shop.orders',
      write_mode: 'append',
      success: true,
      error_message: null,
      metadata: { status: 'success', source: 'api' },
    })
    expect(rows.get('check r1')).toMatchObject({
      success: true,
      metadata: { status: 'warn', warn_reason: 'one row is odd', rows_unknown: true },
    })
    expect(rows.get('publish r1')).toMatchObject({
      success: true,
      metadata: { status: 'skipped', skipped_reason: 'nothing new' },
    })
    expect(rows.get('orders r1')).toMatchObject({
      phase: 'pipeline',
      step_type: 'run',
      rows_processed: 15,
      rows_written: 14,
      input_rows: 10,
      success: true,
      metadata: { status: 'success' },
    })
    expect(rows.get('orders r1')?.run_ended_at).not.toBeNull()
  })

  test('an error is recorded and thrown again, the same one', async () => {
    await using writer = await openWriter(kind)
    const problem = new TypeError('no such column: x')
    const work = recordRun(writer, { pipelineId: 'orders', runId: 'r1', env }, (run) =>
      run.step('load', () => {
        throw problem
      }),
    )
    await expect(work).rejects.toBe(problem)
    const rows = await byName(writer)
    for (const name of ['load r1', 'orders r1']) {
      expect(rows.get(name)).toMatchObject({
        success: false,
        error_message: 'no such column: x',
        metadata: { status: 'error', error_type: 'TypeError' },
      })
    }
    expect(rows.get('load r1')?.metadata.error_detail).toContain('record-run.test')
  })

  test('each attempt of a step is a row, and the result is that of the last one', async () => {
    await using writer = await openWriter(kind)
    const attempts: number[] = []
    const options = { retries: 3, retryDelayMs: 1 }
    await recordRun(writer, { pipelineId: 'orders', runId: 'r1', env }, (run) =>
      run.step('load', options, (step) => {
        attempts.push(step.attempt)
        step.rows({ written: 10 })
        if (step.attempt < 3) throw new Error(`attempt ${step.attempt}`)
      }),
    )
    expect(attempts).toEqual([1, 2, 3])
    const rows = await byName(writer)
    expect([...rows].map(([name, { success }]) => [name, success]).toSorted()).toEqual([
      ['load r1', false],
      ['load r1/2', false],
      ['load r1/3', true],
      ['orders r1', true],
    ])
    expect(rows.get('orders r1')).toMatchObject({ rows_written: 10, rows_processed: 10 })
  })

  test('an error that is not worth another attempt is not retried', async () => {
    await using writer = await openWriter(kind)
    const work = recordRun(writer, { pipelineId: 'orders', env }, (run) =>
      run.step('load', { retries: 3, retryIf: (error) => (error as Error).message !== 'final' }, () => {
        throw new Error('final')
      }),
    )
    await expect(work).rejects.toThrow('final')
    expect(await rowsOf(writer)).toHaveLength(2)
  })

  test('an aborted step is cancelled and not retried, a timeout is a timeout', async () => {
    await using writer = await openWriter(kind)
    const abort = new AbortController()
    const work = recordRun(writer, { pipelineId: 'orders', runId: 'r1', signal: abort.signal, env }, async (run) => {
      await run
        .step('slow', { signal: AbortSignal.timeout(5) }, ({ signal }) =>
          sleep(60_000, undefined, { signal }).catch(() => signal.throwIfAborted()),
        )
        .catch(() => undefined)
      await run.step('load', { retries: 5 }, async ({ signal }) => {
        setTimeout(() => abort.abort(), 5)
        await sleep(60_000, undefined, { signal })
      })
    })
    await expect(work).rejects.toMatchObject({ name: 'AbortError' })
    const rows = await byName(writer)
    expect(rows.get('slow r1')).toMatchObject({ success: false, metadata: { status: 'timeout' } })
    expect(rows.get('load r1')).toMatchObject({ success: false, metadata: { status: 'cancelled' } })
    expect(rows.get('orders r1')).toMatchObject({ success: false, metadata: { status: 'cancelled' } })
    expect(rows.size).toBe(3)
  })

  test('nested and concurrent steps know their parents', async () => {
    await using writer = await openWriter(kind)
    const copy = asStep('copy', async (table: string) => {
      await sleep(1)
      await recordStep(`table ${table}`, async (step) => step?.rows({ written: 1 }))
      return currentScope()?.name
    })
    const names = await recordRun(writer, { pipelineId: 'orders', runId: 'r1', env }, (run) =>
      Promise.all(
        ['a', 'b'].map((name) =>
          run.step(name, async () => {
            // The run is used inside of a step: the step is the parent.
            await run.step('prepare', () => sleep(1))
            return copy(name)
          }),
        ),
      ),
    )
    expect(names).toEqual(['a/copy', 'b/copy'])
    expect([...(await byName(writer)).keys()].toSorted()).toEqual([
      'a r1',
      'a/copy r1',
      'a/copy/table a r1',
      'a/prepare r1',
      'b r1',
      'b/copy r1',
      'b/copy/table b r1',
      'b/prepare r1',
      'orders r1',
    ])
  })

  test('a step that runs several times is several rows', async () => {
    await using writer = await openWriter(kind)
    await recordRun(writer, { pipelineId: 'orders', runId: 'r1', env }, (run) =>
      Promise.all([1, 2, 3].map(() => run.step('file', () => sleep(1)))),
    )
    const names = [...(await byName(writer)).keys()].filter((name) => name.startsWith('file'))
    expect(names.toSorted()).toEqual(['file r1', 'file r1/2', 'file r1/3'])
  })
})

test('two runs at once do not mix, and nothing outside of them is recorded', async () => {
  await using writer = await openWriter()
  expect(currentScope()).toBeUndefined()
  await Promise.all(
    ['a', 'b'].map((pipelineId) =>
      recordRun(writer, { pipelineId, runId: pipelineId, env }, async () => {
        await sleep(1)
        await recordStep('load', () => sleep(1))
      }),
    ),
  )
  const rows = (await rowsOf(writer)).map(({ run_id, pipeline_id, step_name }) =>
    [run_id, pipeline_id, step_name].join(' '),
  )
  expect(rows.toSorted()).toEqual(['a a a', 'a a load', 'b b b', 'b b load'])
  expect(await recordStep('alone', (step) => step)).toBeUndefined()
})

test('a wrapped function keeps its arguments and its result', async () => {
  await using writer = await openWriter()
  const load = asStep('load', async (table: string, limit?: number) => ({ table, limit: limit ?? 5 }))
  const nightly = asRun(writer, { pipelineId: 'orders', env }, (day: Date, isFull?: boolean) =>
    load(`${day.getTime()}`, isFull ? 9 : 1),
  )
  expectTypeOf(load).toEqualTypeOf<(table: string, limit?: number) => Promise<{ table: string; limit: number }>>()
  expectTypeOf(nightly).toEqualTypeOf<(day: Date, isFull?: boolean) => Promise<{ table: string; limit: number }>>()
  expect(await nightly(new Date(7), true)).toEqual({ table: '7', limit: 9 })
  expect(await load('x')).toEqual({ table: 'x', limit: 5 })
  expect((await rowsOf(writer)).map(({ step_name }) => step_name).toSorted()).toEqual(['load', 'orders'])
})

test('counts beyond 2^53 are exact', async () => {
  await using writer = await openWriter()
  await recordRun(writer, { pipelineId: 'orders', runId: 'r1', env }, async (run) => {
    await run.step('a', (step) => step.rows({ written: Number.MAX_SAFE_INTEGER }))
    await run.step('b', (step) => step.rows({ written: 2n }))
  })
  expect((await byName(writer)).get('orders r1')?.rows_written).toBe(9007199254740993n)
})

test('a run in a recorded process is a step of that run', async () => {
  await using writer = await openWriter()
  const outer = {
    FORGE_RUN_ID: 'outer',
    FORGE_PIPELINE_ID: 'nightly',
    FORGE_PARENT_STEP: 'job',
    TRACEPARENT: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  }
  await recordRun(writer, { pipelineId: 'orders', env: outer }, async (run) => {
    await run.step('load', (step) => {
      expect(step.variables()).toMatchObject({
        FORGE_RUN_ID: 'outer',
        FORGE_PIPELINE_ID: 'nightly',
        FORGE_PARENT_STEP: 'orders/load',
      })
    })
  })
  const rows = await rowsOf(writer)
  expect(
    rows.map(({ run_id, pipeline_id, phase, step_name }) => [run_id, pipeline_id, phase, step_name]).toSorted(),
  ).toEqual([
    ['outer', 'nightly', 'silver', 'orders'],
    ['outer', 'nightly', 'silver', 'orders/load'],
  ])
  expect(rows.find(({ step_name }) => step_name === 'orders')?.metadata).toMatchObject({
    parent_step: 'job',
    trace_id: 'a'.repeat(32),
    parent_span_id: 'b'.repeat(16),
  })
})

test('a step, and the counts of rows, refuse names that they do not have', async () => {
  await using writer = await openWriter()
  const recordWork = (work: Parameters<typeof recordRun>[2]) => recordRun(writer, { pipelineId: 'orders', env }, work)
  const refusal = (setting: string) => ({
    code: 'CONFIGURATION',
    context: { problems: [{ setting, problem: expect.any(String) }] },
  })
  const wrongStep = JSON.parse('{"retry_delay_ms": 5}')
  await expect(recordWork((run) => run.step('load', wrongStep, () => 1))).rejects.toMatchObject(
    refusal('retry_delay_ms'),
  )
  const wrongCounts = JSON.parse('{"rowsWritten": 5}')
  await expect(recordWork((run) => run.rows(wrongCounts))).rejects.toMatchObject(refusal('rowsWritten'))
})
