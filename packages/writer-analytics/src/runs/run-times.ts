import {
  type AggregateRow,
  and,
  column,
  endExpression,
  eq,
  isNull,
  literal,
  type Measure,
  not,
} from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { RUN_KEYS } from '../reading/run-keys.ts'
import { isFiniteIn } from '../reading/step-rows.ts'
import { secondsBetween } from './run-steps.ts'

/** The times of a run by its rows. */
export interface RunTimes {
  /** The last known time of the run; its start if no row has an end. ISO 8601, UTC. */
  readonly endedAt: string
  /** True if a row has an end, or a duration that implies one. */
  readonly hasEnd: boolean
  /**
   * The duration of the run's own row, otherwise from its first start to its last end; a step without an end took as long as its duration says.
   * Null if neither is known because the stored durations are NaN or infinite.
   */
  readonly durationSecs: number | null
  /** True if a duration that is stored for it is NaN or infinite. */
  readonly hasNonFinite: boolean
}

/** The end of the last year of four digits. */
const LAST_MS = Date.UTC(10_000, 0, 1) - 1

/** Returns the measures that {@link runTimesOf} reads, of rows grouped by {@link RUN_KEYS}. */
export function timeMeasures(reading: LogReading): Measure[] {
  const isFiniteDuration = isFiniteIn(reading, 'duration_secs')
  return [
    { as: 'started', fn: 'min', of: reading.runStartedAt },
    { as: 'ended', fn: 'max', of: endExpression(reading.columns) ?? literal(null) },
    ...openMeasures(reading),
    {
      as: 'ownDuration',
      fn: 'max',
      of: column('duration_secs'),
      where: and(eq('phase', 'pipeline'), isFiniteDuration),
    },
    ...(isFiniteDuration.op === 'true'
      ? []
      : [{ as: 'nonFinite', fn: 'count', where: not(isFiniteDuration) } as const]),
  ]
}

/** Returns measures of rows without an end, whose durations give their ends: the longest row, and the one that started last. */
function openMeasures(reading: LogReading): Measure[] {
  const { columns, startedAt } = reading
  const end = endExpression(columns)
  const where = and(...(end ? [isNull(end)] : []), isFiniteIn(reading, 'duration_secs'))
  const of = column('duration_secs')
  return [
    { as: 'longestOpen', fn: 'max', of, where },
    { as: 'lastOpen', fn: 'argMax', of, by: startedAt, where },
    { as: 'lastOpenStart', fn: 'max', of: startedAt, where },
  ]
}

/** Returns the times of a run with {@link timeMeasures} that started at `startedAt`. */
export function runTimesOf(row: AggregateRow, startedAt: string): RunTimes {
  const endedAt = endOf(row, startedAt)
  const own = row.ownDuration === null || row.ownDuration === undefined ? null : Number(row.ownDuration)
  const hasNonFinite = Number(row.nonFinite ?? 0) > 0
  const isOpen = endedAt === startedAt && hasNonFinite
  return {
    endedAt,
    hasEnd: textOrNull(row.ended) !== null || Number(row.longestOpen ?? 0) > 0,
    durationSecs: own ?? (isOpen ? null : (secondsBetween(startedAt, endedAt) ?? 0)),
    hasNonFinite,
  }
}

function endOf({ ended, longestOpen, lastOpen, lastOpenStart }: AggregateRow, startedAt: string): string {
  const recorded = textOrNull(ended)
  const end = recorded === null || recorded < startedAt ? startedAt : recorded
  const openMs = [
    Date.parse(startedAt) + 1000 * Number(longestOpen ?? 0),
    Date.parse(textOrNull(lastOpenStart) ?? startedAt) + 1000 * Number(lastOpen ?? 0),
  ].filter((ms) => !Number.isNaN(ms))
  const latestMs = Math.min(LAST_MS, Math.max(...openMs))
  return latestMs > Date.parse(end) ? new Date(latestMs).toISOString() : end
}
