import { batchRows, createLogWriter, type LogWriter, memoryStorage, type Row, type WriteHook } from '@forge/writer-core'
import { runSpans, spanExporter } from '@forge/writer-otel'
import { context, metrics, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import {
  BatchSpanProcessor as BatchSpanProcessor1,
  BasicTracerProvider as Provider1,
} from '@opentelemetry/sdk-trace-base-1'
import { expect, test } from 'vitest'

const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

function openWriter(hooks: readonly WriteHook[] = []) {
  return createLogWriter({ storage: memoryStorage(), config: CONFIG, hooks })
}

async function rowsOf(writer: Awaited<ReturnType<typeof openWriter>>) {
  const rows: Row[] = []
  const table = await writer.table()
  for await (const batch of table.scan({ orderBy: [{ column: 'phase' }, { column: 'step_name' }] }))
    rows.push(...batchRows(batch))
  return rows.map(withMetadata)
}

// biome-ignore lint/suspicious/noExplicitAny: tests read any field of the metadata
function withMetadata(row: Row): Row & { readonly metadata: any } {
  return { ...row, metadata: JSON.parse(String(row.metadata)) }
}

test('a trace becomes a run, its spans become steps', async () => {
  await using writer = await openWriter()
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spanExporter(writer))] })
  const tracer = provider.getTracer('etl')
  const run = tracer.startSpan('orders', { startTime: [1_700_000_000, 123_456_789] })
  const inRun = trace.setSpan(context.active(), run)
  const load = tracer.startSpan(
    'load',
    { attributes: { 'forge.rows_written': 12, 'forge.phase': 'bronze', table: 'x' } },
    inRun,
  )
  load.end()
  const check = tracer.startSpan('check', {}, inRun)
  check.recordException(new TypeError('no such column'))
  check.setStatus({ code: SpanStatusCode.ERROR })
  check.end()
  run.end([1_700_000_010, 0])
  await provider.forceFlush()
  await provider.shutdown()
  const rows = await rowsOf(writer)
  const { traceId, spanId } = run.spanContext()
  const runId = rows[0]?.run_id
  expect(String(runId).replaceAll('-', '')).toBe(traceId)
  expect(rows).toMatchObject([
    {
      phase: 'bronze',
      step_name: 'load',
      rows_written: 12,
      rows_processed: 12,
      success: true,
      run_id: runId,
      metadata: { status: 'success', parent_span_id: spanId, attributes: { table: 'x' } },
    },
    {
      phase: 'pipeline',
      run_id: runId,
      execution_id: runId,
      start_time: '2023-11-14T22:13:20.123456Z',
      end_time: '2023-11-14T22:13:30.000000Z',
      duration_secs: 9.876544,
      success: true,
    },
    {
      phase: 'silver',
      step_name: 'check',
      success: false,
      error_message: 'no such column',
      metadata: { status: 'error', rows_unknown: true },
    },
  ])
  expect(rows[2]?.metadata.error_detail).toContain('otel.test')
  expect(new Set(rows.map(({ execution_id }) => execution_id)).size).toBe(3)
})

interface Provider {
  getTracer(name: string): Tracer
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

const PROVIDERS: Readonly<Record<string, (writer: LogWriter) => Promise<Provider> | Provider>> = {
  '1': (writer) => new Provider1({ spanProcessors: [new BatchSpanProcessor1(spanExporter(writer))] }),
  '2': (writer) => new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spanExporter(writer))] }),
  '3': async (writer) => {
    const sdk = await import('@opentelemetry/sdk-trace')
    return new sdk.TracerProvider({ spanProcessors: [new sdk.BatchSpanProcessor({ exporter: spanExporter(writer) })] })
  },
}

test.each(Object.entries(PROVIDERS))(
  'the spans of SDK %s keep their parents, times and errors',
  async (_sdk, providerOf) => {
    await using writer = await openWriter()
    const provider = await providerOf(writer)
    const tracer = provider.getTracer('etl')
    const run = tracer.startSpan('orders', { startTime: [1_700_000_000, 0] })
    const load = tracer.startSpan(
      'load',
      { attributes: { 'forge.rows_written': 5 } },
      trace.setSpan(context.active(), run),
    )
    load.recordException(new Error('no space'))
    load.setStatus({ code: SpanStatusCode.ERROR })
    load.end()
    run.end([1_700_000_002, 500_000_000])
    await provider.forceFlush()
    await provider.shutdown()
    expect(await rowsOf(writer)).toMatchObject([
      { phase: 'pipeline', step_name: 'orders', duration_secs: 2.5, start_time: '2023-11-14T22:13:20.000000Z' },
      {
        step_name: 'load',
        rows_written: 5,
        success: false,
        error_message: 'no space',
        metadata: { parent_span_id: run.spanContext().spanId },
      },
    ])
  },
)

test('the same spans are stored once, and spans that are not selected are left out', async () => {
  await using writer = await openWriter()
  const memory = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('etl')
  for (const name of ['GET /', 'load']) tracer.startSpan(name).end()
  const exporter = spanExporter(writer, { select: ({ name }) => !name.startsWith('GET') })
  const spans = memory.getFinishedSpans()
  const codes = await Promise.all(
    [1, 2].map(() => new Promise((resolve) => exporter.export(spans, ({ code }) => resolve(code)))),
  )
  expect(codes).toEqual([0, 0])
  expect((await rowsOf(writer)).map(({ pipeline_id }) => pipeline_id)).toEqual(['load'])
})

test('an export that cannot be stored fails, and so does one after the shutdown', async () => {
  const writer = await openWriter([{ name: 'broken', beforeWrite: () => Promise.reject(new Error('full')) }])
  const memory = new InMemorySpanExporter()
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('x').startSpan('a').end()
  const exporter = spanExporter(writer)
  const send = () => new Promise((resolve) => exporter.export(memory.getFinishedSpans(), ({ code }) => resolve(code)))
  expect(await send()).toBe(1)
  await exporter.shutdown()
  expect(await send()).toBe(1)
  await writer.close()
})

test('runs and steps become spans of one trace and metrics, by the conventions', async () => {
  const memory = new InMemorySpanExporter()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('test')
  const hook = runSpans({ tracer, meter, url: ({ run_id }) => `https://runs.example.org/${run_id}` })
  await using writer = await openWriter([hook])
  const run_id = '0af76519-16cd-43dd-8448-eb211c80319c'
  const common = {
    run_id,
    pipeline_id: 'orders',
    start_time: '2026-11-30T10:00:00.5Z',
    end_time: '2026-11-30T10:00:07Z',
  }
  await writer.writeLogRows([
    { ...common, phase: 'gold', step_name: 'early', rows_written: 7, table_fqn: 'shop.orders' },
  ])
  await writer.writeLogRows([
    {
      ...common,
      phase: 'silver',
      step_name: 'load',
      success: false,
      error_message: 'broken',
      metadata: { status: 'timeout', exit_code: 124, rows_unknown: true },
    },
    {
      ...common,
      phase: 'pipeline',
      success: false,
      error_message: 'broken',
      metadata: { status: 'failed', error_type: 'TypeError', head_sha: 'abc' },
    },
    // Nobody knows how long a run took that is lost.
    { ...common, run_id: 'gone', end_time: null, phase: 'pipeline', success: false, metadata: { status: 'lost' } },
  ])
  const spans = memory.getFinishedSpans().filter(({ attributes }) => attributes['cicd.pipeline.run.id'] !== 'gone')
  const [early, run, load] = ['early', 'RUN orders', 'load'].map((name) => spans.find((span) => span.name === name))
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([run_id.replaceAll('-', '')]))
  expect(load?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId)
  expect(run).toMatchObject({
    kind: SpanKind.SERVER,
    startTime: [Date.parse('2026-11-30T10:00:00Z') / 1000, 500_000_000],
    status: { code: SpanStatusCode.ERROR, message: 'broken' },
    attributes: {
      'cicd.pipeline.name': 'orders',
      'cicd.pipeline.run.id': run_id,
      'cicd.pipeline.result': 'failure',
      'cicd.pipeline.run.url.full': `https://runs.example.org/${run_id}`,
      'error.type': 'TypeError',
      'vcs.ref.head.revision': 'abc',
    },
  })
  expect(load?.attributes).toMatchObject({
    'cicd.pipeline.task.name': 'load',
    'cicd.pipeline.task.run.result': 'timeout',
    'error.type': 'exit 124',
  })
  expect(load?.attributes['forge.rows_processed']).toBeUndefined()
  expect(early).toMatchObject({
    kind: SpanKind.INTERNAL,
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'forge.rows_written': 7, 'forge.table': 'shop.orders', 'cicd.pipeline.task.run.result': 'success' },
  })
  await reader.forceFlush()
  const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  const points = Object.fromEntries(
    found.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ attributes, value }) => ({ ...attributes, value })),
    ]),
  )
  expect(points['cicd.pipeline.run.duration']).toMatchObject([
    { 'cicd.pipeline.name': 'orders', 'cicd.pipeline.result': 'failure', value: { count: 1, sum: 6.5 } },
  ])
  expect(points['cicd.pipeline.run.errors']).toMatchObject([
    { 'cicd.pipeline.name': 'orders', 'error.type': 'TypeError', value: 1 },
    { 'cicd.pipeline.name': 'orders', 'error.type': 'lost', value: 1 },
  ])
  await reader.shutdown()
})

test('rows that came from spans do not become spans again, and a repeated write emits nothing', async () => {
  const memory = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('test')
  await using writer = await openWriter([runSpans({ tracer })])
  const source = new InMemorySpanExporter()
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(source)] }).getTracer('x').startSpan('a').end()
  await new Promise((resolve) => spanExporter(writer).export(source.getFinishedSpans(), resolve))
  expect(memory.getFinishedSpans()).toEqual([])
  for (let at = 0; at < 2; at++)
    await writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'a' }], { batchId: 'b' })
  expect(memory.getFinishedSpans()).toHaveLength(1)
})

test('without an SDK the hook costs nothing and stops nothing', async () => {
  expect(metrics.getMeterProvider().getMeter('x').createCounter('y')).toBeDefined()
  await using writer = await openWriter([runSpans()])
  expect(await writer.writeLogRows([{ run_id: 'not a uuid', phase: 'pipeline' }])).toMatchObject({ rowsWritten: 1 })
})
