import type { LogRowInput, Status } from '@forge/writer-core'
import { DAY_MS, microsFromDate, microsFromIso } from '@forge/writer-core/storage'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { errorText } from '../mapping/error-text.ts'
import { rowCount } from '../mapping/figures.ts'
import { periodOf } from '../mapping/period.ts'
import { MAX_HELD_CHARACTERS, TOO_MUCH, textLength } from '../reading/limits.ts'
import { readShape } from '../reading/read-shape.ts'
import { readLineRecords } from '../reading/records.ts'
import type { Result } from './documents.ts'
import { loadManifest, type Manifest } from './manifest.ts'
import { pipelineOf } from './pipeline.ts'
import { type DbtRun, runModeOf } from './run.ts'
import { runRow } from './run-row.ts'
import { isCheck, type StepContext, stepRow } from './step-row.ts'
import { type Invocation, plainValue, type Span, telemetryFold, telemetrySchema } from './telemetry-fold.ts'

/** The telemetry of dbt 2 (Fusion), as `--otel-file-name` writes it while dbt runs. */
export const dbtTelemetry: IngestAdapter = {
  format: 'dbt-otel',
  description: 'telemetry of dbt 2 (--otel-file-name), with --manifest for tables and tags',
  isOneRun: true,
  acceptsOptions: ['manifest', 'staleAfterMs'],
  recognizes: ({ head }) =>
    /"record_type"\s*:\s*"(?:SpanStart|SpanEnd|LogRecord)"/.test(head) && /\.events\.fusion\./.test(head),
  async *read(input, options) {
    const fold = telemetryFold()
    let held = 0
    for await (const { text, position, problem } of readLineRecords(input)) {
      const isFull = held >= MAX_HELD_CHARACTERS
      const record = problem ?? (isFull ? TOO_MUCH : readShape(text, telemetrySchema))
      if (typeof record === 'string') yield { kind: 'reject', position, reason: record, record: text }
      else if (fold.add(record, position)) held += textLength(record)
      else yield { kind: 'ignored' }
    }
    const { manifest, warning } = await loadManifest(options.manifest, undefined)
    if (warning) yield { kind: 'warning', text: warning }
    for (const invocation of fold.invocations.values()) yield* itemsOf(invocation, manifest, options)
  },
}

function* itemsOf(invocation: Invocation, manifest: Manifest, options: AdapterOptions): Generator<IngestItem> {
  const { whole, position, records } = invocation
  const nodes = nodesOf(invocation)
  const startedAt =
    whole?.startedAt ??
    nodes
      .map(({ span }) => span.startedAt ?? '')
      .filter((time) => time !== '')
      .sort()[0]
  if (startedAt === undefined) {
    if (records > 0) yield { kind: 'ignored', count: records }
    return
  }
  const isLost = !whole?.hasEnded && isStale(startedAt, options)
  if (!whole?.hasEnded && !isLost) {
    // The run may not have ended yet: its rows are written once it has ended.
    yield { kind: 'pending', count: records }
    return
  }
  const context = contextOf(invocation, { nodes, startedAt, manifest, options })
  const steps = nodes.flatMap((node) => {
    const { result, status } = resultOf(node, invocation)
    return [{ row: stepRow(result, status, context), status, position: node.span.position }]
  })
  yield {
    kind: 'row',
    row: wholeRow(runRow(steps, context, []), whole, context),
    position: whole?.position ?? position,
  }
  for (const { row, position: at } of steps) yield { kind: 'row', row, position: at }
  const folded = records - steps.length - (whole ? 1 : 0)
  if (folded > 0) yield { kind: 'folded', count: folded }
}

/** Returns the row of a run with the outcome that the invocation reports: a run without failed nodes may have failed or died nevertheless. */
function wholeRow(row: LogRowInput, whole: Span | undefined, { runMessage }: StepContext): LogRowInput {
  const isLost = !whole?.hasEnded
  if (row.success === false || (!isLost && whole.error === undefined)) return row
  const status = (isLost ? 'lost' : 'error') satisfies Status
  const message = isLost ? 'the telemetry ends before the run' : (runMessage ?? whole.error)
  return {
    ...row,
    success: false,
    error_message: message === undefined ? null : errorText(message).message,
    metadata: { ...fieldsOf(row.metadata), status },
  }
}

interface Node {
  readonly uniqueId: string
  readonly span: Span
  /** The span of its execution. */
  readonly executed: Span | undefined
}

/** Returns the nodes that were selected; those that were only analyzed are left out. */
function nodesOf({ processed, executed }: Invocation): Node[] {
  const hasSelection = [...processed.values()].some(({ attributes }) => attributes.in_selection === true)
  const selected = [...processed].filter(
    ([, { attributes, hasEnded }]) => !hasSelection || !hasEnded || attributes.in_selection === true,
  )
  const nodes = new Map<string, Node>(
    selected.map(([uniqueId, span]) => [uniqueId, { uniqueId, span, executed: executed.get(uniqueId) }]),
  )
  for (const [uniqueId, span] of executed) {
    if (!processed.has(uniqueId)) nodes.set(uniqueId, { uniqueId, span, executed: span })
  }
  return [...nodes.values()]
}

function contextOf(
  { traceId, whole, errors }: Invocation,
  {
    nodes,
    startedAt,
    manifest,
    options,
  }: {
    readonly nodes: readonly Node[]
    readonly startedAt: string
    readonly manifest: Manifest
    readonly options: AdapterOptions
  },
): StepContext {
  const ends = nodes.flatMap(({ span }) => span.endedAt ?? []).sort()
  const endedAt = whole?.endedAt ?? ends.at(-1) ?? startedAt
  const args = fieldsOf(whole?.attributes.eval_args)
  const command = typeof args.command === 'string' ? args.command : undefined
  const runId = traceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const run: DbtRun = {
    runId,
    executionId: `${runId}/${endedAt}`,
    startedAt,
    endedAt,
    durationSecs: periodOf(startedAt, endedAt).durationSecs,
    parentRunId: undefined,
    dbtVersion: textOf(fieldsOf(whole?.attributes.process_info).version),
    which: command,
    isFullRefresh: args.full_refresh === true,
  }
  const stepNames = nodes.map(({ uniqueId }) => uniqueId)
  const project = { project_dir: textOf(args.project_dir) }
  return {
    run,
    runMode: runModeOf(run, stepNames.length > 0 && stepNames.every(isCheck)),
    pipelineId: pipelineOf({ named: options.pipeline, manifest, args: project, uniqueIds: stepNames }),
    manifest,
    options,
    stepNames,
    runMessage: errors.get('')?.[0] ?? whole?.error,
  }
}

function resultOf({ uniqueId, span, executed }: Node, { errors, spansOf }: Invocation) {
  const { attributes } = span
  const status = statusOf(span)
  const timed = executed ?? span
  const { durationSecs } = periodOf(timed.startedAt, timed.endedAt)
  const milliseconds = rowCount(attributes.duration_ms)
  const logged = [...(spansOf.get(uniqueId) ?? [])].flatMap((id) => errors.get(id) ?? [])
  const failures = rowCount(fieldsOf(detailOf(attributes, 'node_test_detail')).failing_rows ?? 0)
  const relation = [attributes.database, attributes.schema, attributes.identifier]
  const result: Result = {
    unique_id: uniqueId,
    status: sourceStatus(attributes) ?? status,
    execution_time: milliseconds === null ? durationSecs : Number(milliseconds) / 1000,
    timing: [{ started_at: timed.startedAt, completed_at: timed.endedAt }],
    message:
      [...new Set(logged)].join('\n') ||
      reasonOf(span) ||
      (isCheck(uniqueId) && failures ? String(failures) : undefined),
    failures: isCheck(uniqueId) ? failures : undefined,
    adapter_response: hasRows(attributes) ? { rows_affected: attributes.rows_affected } : undefined,
    relation_name: relation.every((part) => typeof part === 'string' && part !== '')
      ? relation.map((part) => `"${part}"`).join('.')
      : undefined,
    thread_id: undefined,
    batch_results: undefined,
  }
  return { result, status }
}

/** Returns why a node was skipped or failed, if its span says so. */
function reasonOf({ attributes, error }: Span): string | undefined {
  const upstream = fieldsOf(detailOf(attributes, 'node_skip_upstream_detail')).upstream_unique_id
  return typeof upstream === 'string' ? `skipped because of ${upstream}` : error
}

/** A view has no rows. */
function hasRows({ rows_affected, materialization }: Span['attributes']): boolean {
  const kind = plainValue(materialization, 'NODE_MATERIALIZATION')
  return rows_affected !== undefined && kind !== 'view' && kind !== 'ephemeral'
}

const OUTCOMES: Readonly<Record<string, Status>> = { error: 'error', canceled: 'cancelled', cancelled: 'cancelled' }
const SKIPS: Readonly<Record<string, Status>> = {
  upstream: 'upstream_failed',
  cached: 'noop',
  no_op: 'noop',
  noop: 'noop',
  phase_disabled: 'noop',
}
const VERDICTS: Readonly<Record<string, Status>> = { passed: 'success', warned: 'warn', failed: 'failed' }

/**
 * Returns the status of a node. dbt calls a test that found something a success, because it could be executed; JSON leaves out the verdict `passed`.
 */
function statusOf({ attributes, hasEnded }: Span): Status {
  if (!hasEnded) return 'lost'
  const outcome = plainValue(attributes.node_outcome, 'NODE_OUTCOME')
  if (outcome === 'skipped') return SKIPS[skipReason(attributes) ?? ''] ?? 'skipped'
  if (outcome !== 'success') return OUTCOMES[outcome ?? ''] ?? 'unknown'
  return VERDICTS[verdictOf(attributes) ?? 'passed'] ?? 'unknown'
}

function skipReason(attributes: Span['attributes']): string | undefined {
  return plainValue(attributes.node_skip_reason ?? attributes.skip_reason, 'NODE_SKIP_REASON')
}

function verdictOf(attributes: Span['attributes']): string | undefined {
  const test = fieldsOf(detailOf(attributes, 'node_test_detail'))
  const freshness = fieldsOf(detailOf(attributes, 'node_freshness_outcome'))
  return (
    plainValue(test.test_outcome ?? attributes.test_outcome, 'TEST_OUTCOME') ??
    plainValue(freshness.node_freshness_outcome, 'SOURCE_FRESHNESS_OUTCOME_OUTCOME')
  )
}

/** Returns the text by which dbt describes the outcome, such as `skipped: cached`. */
function sourceStatus(attributes: Span['attributes']): string | undefined {
  const outcome = plainValue(attributes.node_outcome, 'NODE_OUTCOME')
  const reason = outcome === 'skipped' ? skipReason(attributes) : verdictOf(attributes)
  return reason === undefined ? outcome : `${outcome}: ${reason}`
}

/** Returns a detail of the outcome, which some versions write below `node_outcome_detail`. */
function detailOf(attributes: Span['attributes'], name: string): unknown {
  const nested = fieldsOf(attributes.node_outcome_detail)
  const camel = name.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return attributes[name] ?? nested[name] ?? nested[camel]
}

function isStale(startedAt: string, { now = () => new Date(), staleAfterMs = DAY_MS }: AdapterOptions): boolean {
  return Number(microsFromDate(now()) - microsFromIso(startedAt)) / 1000 > staleAfterMs
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
