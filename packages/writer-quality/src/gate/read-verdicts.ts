import {
  type AggregateRow,
  and,
  batchRows,
  column,
  eq,
  gte,
  isIn,
  literal,
  lt,
  type Predicate,
  type Row,
  type TableSource,
} from '@forge/writer-core'
import { assertOptions, option, textOrNull } from '@forge/writer-core/storage'
import { QUALITY_COLUMNS } from './quality-columns.ts'
import { QUARANTINE_COLUMNS } from './quarantine-columns.ts'

export interface VerdictOptions {
  /** The start of the period, inclusive. Default: everything. */
  readonly from?: Date | undefined
  /** The end of the period, exclusive. Default: none. */
  readonly to?: Date | undefined
  /** Only verdicts about writes of these runs, and rows of them. Default: all. */
  readonly runIds?: readonly string[] | undefined
  /** The maximum number of verdicts, of rules, and of steps with held back rows, 1-1000. Default 100. */
  readonly limit?: number | undefined
}

/** The verdicts of the gate of a log, and the rows that it held back. */
export interface VerdictReport {
  /** The newest verdicts about whole writes, the oldest first. */
  readonly verdicts: readonly StoredVerdict[]
  /** The number of all verdicts, and of those that failed. */
  readonly judgedWrites: number
  readonly failedWrites: number
  /** The rules, those that failed in the largest share of writes first. */
  readonly rules: readonly RuleRecord[]
  readonly quarantine: QuarantineFigures
}

/** A verdict about one write. */
export interface StoredVerdict {
  /** ISO 8601, UTC. */
  readonly judgedAt: string
  readonly batchId: string
  readonly runId: string | null
  readonly policy: string
  readonly verdict: string
  /** True if the write was stopped. */
  readonly stopped: boolean
  readonly checkedRows: number
  readonly failingRows: number
  /** Percent, 0-100; null if nothing was judged. */
  readonly validationRate: number | null
}

/** The record of one rule: how often it was judged, and how often it failed. */
export interface RuleRecord {
  readonly rule: string
  readonly description: string | null
  readonly severity: string | null
  readonly judgedWrites: number
  readonly failedWrites: number
  readonly checkedRows: number
  readonly failingRows: number
  /** The time of its last failure. ISO 8601, UTC; null if it never failed. */
  readonly lastFailedAt: string | null
}

/** The rows that are in quarantine. */
export interface QuarantineFigures {
  readonly rows: number
  /** ISO 8601, UTC; null without rows. */
  readonly newestAt: string | null
  /** The steps with the most rows first. */
  readonly steps: readonly QuarantinedStep[]
}

export interface QuarantinedStep {
  readonly pipeline: string | null
  readonly step: string | null
  readonly rows: number
  /** ISO 8601, UTC. */
  readonly newestAt: string
}

const MAX_LIMIT = 1000

/** Reads the verdicts of the gate of a log, and the rows that it held back. Throws WriterConfigurationError for wrong options. */
export async function readVerdicts(source: TableSource, options: VerdictOptions = {}): Promise<VerdictReport> {
  assertOptions('readVerdicts', options, {
    from: option.date,
    to: option.date,
    runIds: option.list(option.string),
    limit: option.whole({ min: 1, max: MAX_LIMIT }),
  })
  const { limit = 100 } = options
  return { ...(await readJudged(source, options, limit)), quarantine: await readQuarantine(source, options, limit) }
}

async function readJudged(source: TableSource, options: VerdictOptions, limit: number) {
  const table = await source.companion('quality', QUALITY_COLUMNS)
  if (!(await table.info()).exists) return { verdicts: [], judgedWrites: 0, failedWrites: 0, rules: [] }
  const where = chosen('judged_at', options)
  const isWhole = and(eq('scope', 'write'), where)
  const [counts = {}] = await table.aggregate({
    where: isWhole,
    measures: [
      { as: 'judged', fn: 'count' },
      { as: 'failed', fn: 'count', where: eq('verdict', 'failed') },
    ],
  })
  const verdicts: StoredVerdict[] = []
  const orderBy = [{ column: 'judged_at', descending: true }, { column: 'batch_id' }]
  for await (const batch of table.scan({ where: isWhole, orderBy, limit }))
    for (const row of batchRows(batch)) verdicts.push(verdictOf(row))
  const rules = await table.aggregate({
    where: and(eq('scope', 'rule'), where),
    groupBy: [{ as: 'rule', by: column('rule') }],
    measures: [
      { as: 'judged', fn: 'count', where: isIn('verdict', ['passed', 'failed']) },
      { as: 'failed', fn: 'count', where: eq('verdict', 'failed') },
      { as: 'checked', fn: 'sum', of: column('checked_rows') },
      { as: 'failing', fn: 'sum', of: column('failing_rows') },
      { as: 'description', fn: 'argMax', of: column('description'), by: column('judged_at') },
      { as: 'severity', fn: 'argMax', of: column('severity'), by: column('judged_at') },
      { as: 'lastFailed', fn: 'max', of: column('judged_at'), where: eq('verdict', 'failed') },
    ],
    orderBy: [{ column: 'failed', descending: true }, { column: 'failing', descending: true }, { column: 'rule' }],
    limit,
  })
  return {
    verdicts: verdicts.reverse(),
    judgedWrites: Number(counts.judged ?? 0),
    failedWrites: Number(counts.failed ?? 0),
    rules: rules.map(ruleOf).sort((a, b) => shareOf(b) - shareOf(a)),
  }
}

async function readQuarantine(source: TableSource, options: VerdictOptions, limit: number): Promise<QuarantineFigures> {
  const table = await source.companion('quarantine', QUARANTINE_COLUMNS)
  if (!(await table.info()).exists) return { rows: 0, newestAt: null, steps: [] }
  const where = chosen('quarantined_at', options)
  const [all = {}] = await table.aggregate({
    where,
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'newest', fn: 'max', of: column('quarantined_at') },
    ],
  })
  const steps = await table.aggregate({
    where,
    groupBy: [
      { as: 'pipeline', by: column('pipeline_id') },
      { as: 'step', by: column('step_name') },
    ],
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'newest', fn: 'max', of: column('quarantined_at') },
    ],
    orderBy: [{ column: 'rows', descending: true }, { column: 'pipeline' }, { column: 'step' }],
    limit,
  })
  return {
    rows: Number(all.rows ?? 0),
    newestAt: textOrNull(all.newest),
    steps: steps.map(({ pipeline, step, rows, newest }) => ({
      pipeline: textOrNull(pipeline),
      step: textOrNull(step),
      rows: Number(rows),
      newestAt: String(newest),
    })),
  }
}

function chosen(time: string, { from, to, runIds }: VerdictOptions): Predicate {
  return and(
    ...(from ? [gte(time, literal(from))] : []),
    ...(to ? [lt(time, literal(to))] : []),
    ...(runIds ? [isIn('run_id', runIds)] : []),
  )
}

function verdictOf(row: Row): StoredVerdict {
  return {
    judgedAt: String(row.judged_at),
    batchId: String(row.batch_id),
    runId: textOrNull(row.run_id),
    policy: String(row.policy),
    verdict: String(row.verdict ?? (row.passed === true ? 'passed' : 'failed')),
    stopped: row.stopped === true,
    checkedRows: Number(row.checked_rows),
    failingRows: Number(row.failing_rows),
    validationRate:
      row.validation_rate === null || row.validation_rate === undefined ? null : Number(row.validation_rate),
  }
}

function ruleOf({
  rule,
  judged,
  failed,
  checked,
  failing,
  description,
  severity,
  lastFailed,
}: AggregateRow): RuleRecord {
  return {
    rule: String(rule),
    description: textOrNull(description),
    severity: textOrNull(severity),
    judgedWrites: Number(judged),
    failedWrites: Number(failed),
    checkedRows: Number(checked ?? 0),
    failingRows: Number(failing ?? 0),
    lastFailedAt: textOrNull(lastFailed),
  }
}

function shareOf({ failedWrites, judgedWrites }: RuleRecord): number {
  return judgedWrites === 0 ? -1 : failedWrites / judgedWrites
}
