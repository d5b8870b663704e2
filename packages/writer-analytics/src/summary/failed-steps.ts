import { column, type LogBatch, literal, type Predicate, timeColumns, type Value } from '@forge/writer-core'
import { isValid, parseMicros, valueAt, vectorOf } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { runKey } from '../reading/run-keys.ts'

/** Failed steps of one kind. */
export interface Failure {
  readonly message: string
  readonly step: string
  readonly failedSteps: number
  /** The first and the last failure, in microseconds since 1970. */
  readonly firstSeen: bigint | null
  readonly lastSeen: bigint | null
  readonly lastRunId: string
  /** The {@link runKey} of its run, if it is one step. */
  readonly run?: string | undefined
}

export interface KindOptions {
  readonly max: number
  /** The zone of the days that kinds are divided by; undefined if they are not. */
  readonly timeZone?: string | undefined
}

/** Returns the failed steps by message and step, and by day if a zone is given; undefined if that makes more than `max` kinds. */
export async function countByMessage(
  reading: LogReading,
  failed: Predicate,
  { max, timeZone }: KindOptions,
): Promise<Failure[] | undefined> {
  const { startedAt } = reading
  const message = reading.hasColumn('error_message') ? column('error_message') : literal('')
  const rows = await reading.reader.aggregate({
    where: failed,
    groupBy: [
      { as: 'message', by: message },
      { as: 'pipeline', by: column('pipeline_id') },
      { as: 'step', by: column('step_name') },
      ...(timeZone === undefined ? [] : [{ as: 'day', bucket: 'day', of: startedAt, timeZone } as const]),
    ],
    measures: [
      { as: 'failedSteps', fn: 'count' },
      { as: 'first', fn: 'min', of: startedAt },
      { as: 'last', fn: 'max', of: startedAt },
      { as: 'lastRun', fn: 'argMax', of: column('run_id'), by: startedAt },
      { as: 'anyRun', fn: 'min', of: column('run_id') },
    ],
    limit: max + 1,
  })
  if (rows.length > max) return undefined
  return rows.map((row) => ({
    message: String(row.message ?? ''),
    step: `${row.pipeline}/${row.step}`,
    failedSteps: Number(row.failedSteps),
    firstSeen: microsOrNull(row.first),
    lastSeen: microsOrNull(row.last),
    lastRunId: String(row.lastRun ?? row.anyRun),
  }))
}

const FIELDS = ['error_message', 'pipeline_id', 'step_name', 'run_id']

/** Reads the failed steps one by one. It reads them in an order, because ordered rows come in full batches even if they are few in a large table. */
export async function* streamedFailures(
  reading: LogReading,
  failed: Predicate,
  isOrdered: boolean,
): AsyncGenerator<Failure> {
  const times = timeColumns(reading.columns)
  const columns = [...FIELDS.filter((name) => reading.hasColumn(name)), ...times]
  const order = isOrdered ? { orderBy: [{ column: 'run_id' }] } : {}
  for await (const batch of reading.reader.scan({ columns, where: failed, ...order })) {
    const [message, pipeline, step, run] = FIELDS.map((name) => textsOf(batch, name))
    const instant = instantsOf(batch, times)
    for (let at = 0; at < batch.rowCount; at++) {
      const seen = instant(at)
      yield {
        message: message?.(at) ?? '',
        step: `${pipeline?.(at)}/${step?.(at)}`,
        failedSteps: 1,
        firstSeen: seen,
        lastSeen: seen,
        lastRunId: run?.(at) ?? '',
        run: runKey({ pipeline: pipeline?.(at) ?? '', runId: run?.(at) ?? '' }),
      }
    }
  }
}

function textsOf(batch: LogBatch, name: string): (at: number) => string {
  const vector = vectorOf(batch, name)
  return (at) => (vector ? String(valueAt(vector, 'string', at) ?? '') : '')
}

/** Returns the first existing time in microseconds: texts of times would cost as much as all the rest. */
function instantsOf(batch: LogBatch, times: readonly string[]): (at: number) => bigint | null {
  const vectors = times.flatMap((name) => vectorOf(batch, name) ?? []).filter((vector) => vector.kind === 'int64')
  return (at) => vectors.find((vector) => isValid(vector.validity, at))?.values[at] ?? null
}

function microsOrNull(value: Value | undefined): bigint | null {
  return typeof value === 'string' ? (parseMicros(value) ?? null) : null
}
