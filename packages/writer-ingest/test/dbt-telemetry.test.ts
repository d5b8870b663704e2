import { describe, expect, test } from 'vitest'
import { readTextItems, rowsOf } from './read-items.ts'

const TRACE = '019c97cafe1c76e2abb150e9427e666a'
const RUN = '019c97ca-fe1c-76e2-abb1-50e9427e666a'
const START = 1_772_073_188_000_000_000n
const NODE = 'v1.public.events.fusion.node'
const now = () => new Date('2026-02-26T02:40:00Z')

interface RecordOptions {
  readonly span?: string
  readonly type?: string
  readonly from?: number
  readonly to?: number
  readonly attributes?: object
  readonly [name: string]: unknown
}

/** A line of telemetry; times are milliseconds after the start of the invocation. */
function line(
  kind: 'SpanStart' | 'SpanEnd' | 'LogRecord',
  { span = '01', type, from = 0, to = 1000, ...rest }: RecordOptions,
): string {
  const nanos = (ms: number) => String(START + BigInt(ms) * 1_000_000n)
  const times =
    kind === 'LogRecord'
      ? { time_unix_nano: nanos(from) }
      : { start_time_unix_nano: nanos(from), ...(kind === 'SpanEnd' && { end_time_unix_nano: nanos(to) }) }
  return JSON.stringify({ record_type: kind, trace_id: TRACE, span_id: span, event_type: type, ...times, ...rest })
}

const invocation = (kind: 'SpanStart' | 'SpanEnd', rest: RecordOptions = {}) =>
  line(kind, {
    span: 'ff',
    type: 'v1.public.events.fusion.invocation.Invocation',
    to: 60_000,
    attributes: {
      eval_args: { command: 'build', project_dir: '/srv/shop' },
      process_info: { package: 'dbt', version: '2.0.0-preview.120' },
    },
    ...rest,
  })

let spans = 0

/** The spans of a node: over all phases, and of its execution. */
function node(unique_id: string, attributes: object, { status }: { readonly status?: object } = {}): string[] {
  const span = String(++spans).padStart(16, '0')
  const about = { unique_id, in_selection: true, database: 'db', schema: 'dbt', identifier: unique_id.split('.')[2] }
  return [
    line('SpanStart', { span, type: `${NODE}.NodeProcessed`, from: 1000, attributes: about }),
    line('SpanStart', {
      span: `e${span}`,
      type: `${NODE}.NodeEvaluated`,
      from: 3000,
      attributes: { unique_id, phase: 'EXECUTION_PHASE_RUN' },
    }),
    line('SpanEnd', {
      span: `e${span}`,
      type: `${NODE}.NodeEvaluated`,
      from: 3000,
      to: 4500,
      attributes: { unique_id, phase: 'EXECUTION_PHASE_RUN', ...attributes },
    }),
    line('SpanEnd', {
      span,
      type: `${NODE}.NodeProcessed`,
      from: 1000,
      to: 4600,
      status,
      attributes: { ...about, ...attributes },
    }),
  ]
}

const outcome = (word: string, rest: object = {}) => ({ node_outcome: `NODE_OUTCOME_${word}`, ...rest })
const skip = (reason: string, rest: object = {}) =>
  outcome('SKIPPED', { node_skip_reason: `NODE_SKIP_REASON_${reason}`, ...rest })
const verdict = (word: string, failing_rows: number) =>
  outcome('SUCCESS', { node_test_detail: { test_outcome: `TEST_OUTCOME_${word}`, failing_rows }, rows_affected: '1' })

async function read(lines: readonly string[], options: object = {}) {
  const items = await readTextItems(`${lines.join('\n')}\n`, 'otel.jsonl', { now, ...options })
  return { items, rows: rowsOf(items) }
}

const NODES: readonly (readonly [string, object, string])[] = [
  [
    'model.shop.orders',
    outcome('SUCCESS', { rows_affected: '12', duration_ms: '1480', materialization: 'NODE_MATERIALIZATION_TABLE' }),
    'success',
  ],
  [
    'model.shop.recent',
    outcome('SUCCESS', { rows_affected: '1', materialization: 'NODE_MATERIALIZATION_VIEW' }),
    'success',
  ],
  ['model.shop.broken', outcome('ERROR', { node_error_type: 'NODE_ERROR_TYPE_USER' }), 'error'],
  [
    'model.shop.below',
    skip('UPSTREAM', { node_skip_upstream_detail: { upstream_unique_id: 'model.shop.broken' } }),
    'upstream_failed',
  ],
  ['model.shop.reused', skip('CACHED'), 'noop'],
  ['model.shop.nothing', skip('NO_OP'), 'noop'],
  ['model.shop.stopped', outcome('CANCELED'), 'cancelled'],
  ['model.shop.later', outcome('SOMETHING_NEW'), 'unknown'],
  ['test.shop.not_null_orders_id.a', outcome('SUCCESS', { node_test_detail: {} }), 'success'],
  ['test.shop.unique_orders_id.b', verdict('WARNED', 3), 'warn'],
  ['test.shop.accepted_orders.c', verdict('FAILED', 2), 'failed'],
  [
    'source.shop.raw.orders',
    outcome('SUCCESS', {
      node_freshness_outcome: { node_freshness_outcome: 'SOURCE_FRESHNESS_OUTCOME_OUTCOME_WARNED' },
    }),
    'warn',
  ],
]

describe('telemetry of dbt 2', () => {
  test('an invocation is a run, and each selected node a step with the outcome that dbt means', async () => {
    const { rows, items } = await read([
      invocation('SpanStart'),
      ...NODES.flatMap(([id, attributes]) => node(id, attributes)),
      line('SpanEnd', {
        span: 'aa',
        type: `${NODE}.NodeProcessed`,
        attributes: { unique_id: 'model.shop.not_selected', ...outcome('SUCCESS') },
      }),
      invocation('SpanEnd', { status: { code: 2, message: 'Executed with errors' } }),
    ])
    expect(items.filter(({ kind }) => kind === 'reject')).toEqual([])
    const [run, ...steps] = rows
    expect(steps.map(({ step_name, metadata }) => [step_name, (metadata as { status: string }).status])).toEqual(
      NODES.map(([id, , status]) => [id, status]),
    )
    expect(run).toMatchObject({
      run_id: RUN,
      pipeline_id: 'shop',
      phase: 'pipeline',
      success: false,
      start_time: '2026-02-26T02:33:08.000000Z',
      duration_secs: 60,
      metadata: { status: 'error', command: 'build', dbt_version: '2.0.0-preview.120' },
    })
    const byName = new Map(steps.map((step) => [step.step_name, step]))
    expect(byName.get('model.shop.orders')).toMatchObject({
      table_fqn: 'db.dbt.orders',
      rows_written: 12,
      duration_secs: 1.48,
      start_time: '2026-02-26T02:33:11.000000Z',
      end_time: '2026-02-26T02:33:12.500000Z',
    })
    expect(byName.get('model.shop.recent')?.rows_written).toBeNull()
    expect(byName.get('test.shop.accepted_orders.c')).toMatchObject({
      invalid_rows: 2,
      error_message: '2 rows fail the test',
    })
    expect(byName.get('model.shop.below')?.error_message).toBe('skipped because of model.shop.broken')
  })

  test('words as the documentation writes them, and details below node_outcome_detail, mean the same', async () => {
    const { rows } = await read([
      invocation('SpanStart'),
      ...node('model.shop.a', { node_outcome: 'success' }),
      ...node('model.shop.b', { node_outcome: 'skipped', skip_reason: 'cached' }),
      ...node('test.shop.t.1', {
        node_outcome: 'NODE_OUTCOME_SUCCESS',
        node_outcome_detail: { NodeTestDetail: { test_outcome: 'TEST_OUTCOME_FAILED', failing_rows: 7 } },
      }),
      invocation('SpanEnd'),
    ])
    expect(
      rows.slice(1).map(({ metadata, invalid_rows }) => [(metadata as { status: string }).status, invalid_rows]),
    ).toEqual([
      ['success', 0],
      ['noop', 0],
      ['failed', 7],
    ])
  })

  test('errors that were logged in the spans of a node are its message', async () => {
    const error = { severity_text: 'ERROR', type: 'v1.public.events.fusion.log.LogMessage' }
    const lines = node('model.shop.broken', outcome('ERROR'), { status: { code: 2, message: 'error' } })
    const span = JSON.parse(lines[1] ?? '{}').span_id
    const { rows } = await read([
      invocation('SpanStart'),
      lines[0] ?? '',
      lines[1] ?? '',
      line('LogRecord', { ...error, span, body: 'no such column: id' }),
      ...lines.slice(2),
      invocation('SpanEnd'),
    ])
    expect(rows.map(({ error_message }) => error_message)).toEqual([
      'model.shop.broken: no such column: id',
      'no such column: id',
    ])
  })

  test('a run that fails without a failed node is an error', async () => {
    const { rows } = await read([
      invocation('SpanStart'),
      invocation('SpanEnd', { status: { code: 2, message: 'Project cannot be loaded' } }),
    ])
    expect(rows).toMatchObject([
      { success: false, error_message: 'Project cannot be loaded', metadata: { status: 'error' } },
    ])
  })

  test('a run that goes on is not written; one that died has lost the nodes that had not ended', async () => {
    const lines = [
      invocation('SpanStart'),
      ...node('model.shop.a', outcome('SUCCESS')),
      ...node('model.shop.b', outcome('SUCCESS')).slice(0, 2),
    ]
    const running = await read(lines)
    expect(running.rows).toEqual([])
    expect(running.items).toContainEqual(expect.objectContaining({ kind: 'pending' }))
    const { rows } = await read([...lines, lines[0]?.slice(0, 40) ?? ''], { staleAfterMs: 0 })
    expect(
      rows.map(({ step_name, success, metadata }) => [step_name, success, (metadata as { status: string }).status]),
    ).toEqual([
      ['shop', false, 'lost'],
      ['model.shop.a', true, 'success'],
      ['model.shop.b', false, 'lost'],
    ])
  })

  test('lines that are not telemetry are rejected, and whatever they hold, nothing throws', async () => {
    const { items } = await read([
      invocation('SpanStart'),
      '{"record_type":"SpanEnd"}',
      '[1]',
      'text',
      line('SpanEnd', { attributes: { unique_id: 5 }, type: `${NODE}.NodeProcessed` }),
      invocation('SpanEnd'),
    ])
    expect(items.filter(({ kind }) => kind === 'reject')).toHaveLength(3)
  })
})
