import type { ColumnDefinition } from '../column/column-definition.ts'
import { and, call, eq, isIn, jsonField, literal, ne } from '../predicate/build.ts'
import type { Predicate } from '../predicate/predicate.ts'
import { metadataFields } from './metadata.ts'

/** The status of a step or run, in one vocabulary for all sources; stored in `metadata.status`. */
export const STATUSES = [
  'success',
  'warn',
  'failed',
  'error',
  'timeout',
  'cancelled',
  'skipped',
  'upstream_failed',
  'noop',
  'lost',
  'unknown',
] as const

/**
 * One of {@link STATUSES}. `lost`: it started and never ended. `unknown`: its source uses an unknown word, or part of it cannot be read; the
 * row is stored with `success` false, so that it does not count as a success, and readers do not count it as a failure.
 */
export type Status = (typeof STATUSES)[number]

const SUCCESSFUL: ReadonlySet<string> = new Set<Status>(['success', 'warn', 'skipped', 'noop'])
const WITHOUT_OUTCOME: readonly string[] = [
  'skipped',
  'noop',
  'cancelled',
  'upstream_failed',
  'lost',
  'unknown',
] satisfies readonly Status[]

/** Returns the value of the column `success` for a status. */
export function isSuccessStatus(status: Status): boolean {
  return SUCCESSFUL.has(status)
}

/** Returns whether `metadata.status` says that a step did not run, or that its outcome is unknown. */
export function hasNoOutcome(status: string | undefined): boolean {
  return status !== undefined && WITHOUT_OUTCOME.includes(status)
}

/** Returns whether a status means that a step did not run. A lost step or one with an unknown outcome may have run. */
export function didNotRun(status: string | null | undefined): boolean {
  return hasNoOutcome(status ?? undefined) && status !== 'unknown' && status !== 'lost'
}

/**
 * Returns the duration of a row in seconds; null if it is not known: of a row that is lost, which has no end and stores 0 because the column cannot be
 * null, and for a value that is not finite.
 */
export function knownDurationSecs(row: {
  readonly duration_secs?: unknown
  readonly metadata?: unknown
}): number | null {
  const { duration_secs: secs } = row
  return typeof secs === 'number' && Number.isFinite(secs) && statusOf(row) !== 'lost' ? secs : null
}

/** Matches rows whose `metadata.status` leaves them without an outcome: they count as steps, but not in durations or success rates. */
export const isWithoutOutcome: Predicate = isIn(storedStatus(), WITHOUT_OUTCOME)

/** Matches rows whose outcome is unknown: `success` is false, `metadata.status` is `unknown`. */
export const isUnknownOutcome: Predicate = and(eq('success', false), eq(storedStatus(), 'unknown'))

/** Returns the condition for failed rows of a table with these columns. Rows whose outcome is unknown did not fail. */
export function isFailure(columns: readonly ColumnDefinition[]): Predicate {
  const failed = eq('success', false)
  return columns.some(({ name }) => name === 'metadata') ? and(failed, ne(storedStatus(), 'unknown')) : failed
}

function storedStatus() {
  return call('coalesce', jsonField('metadata', 'status'), literal(''))
}

/** Returns `metadata.status` of a row whose metadata is JSON text or an object. */
export function statusOf({ metadata }: { readonly metadata?: unknown }): string | undefined {
  const { status } = metadataFields(metadata)
  return typeof status === 'string' ? status : undefined
}

/** Returns whether a row in memory failed. */
export function hasFailed(row: { readonly success?: unknown; readonly metadata?: unknown }): boolean {
  return row.success === false && statusOf(row) !== 'unknown'
}

/** Returns the status of a run with steps of these statuses: the most severe one, or `success` if the list is empty. */
export function worstStatus(parts: Iterable<Status>): Status {
  const all = new Set(parts)
  const worst = BY_SEVERITY.find((each) => all.has(each)) ?? 'success'
  // A step that was skipped because of a failure proves that there was a failure.
  return worst === 'upstream_failed' ? 'failed' : worst
}

const BY_SEVERITY = [
  'error',
  'timeout',
  'failed',
  'upstream_failed',
  'cancelled',
  'lost',
  'unknown',
  'warn',
] as const satisfies readonly Status[]
