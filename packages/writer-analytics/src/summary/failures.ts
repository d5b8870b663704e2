import { and, eq, isWithoutOutcome, not, type Predicate } from '@forge/writer-core'
import { isoFromMicros } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { type ZoneTime, zoneTime } from '../reading/zone-time.ts'
import { countByMessage, type Failure, streamedFailures } from './failed-steps.ts'
import { normaliseMessage } from './normalise-message.ts'

/** Failed steps with the same message, except ids, times and numbers. */
export interface FailureGroup {
  /** The normalised message; empty if the steps have none. */
  readonly message: string
  readonly failedSteps: number
  /** `pipeline/step`, most failures first, at most 10. */
  readonly steps: readonly string[]
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  /** The run in which it happened last. */
  readonly lastRunId: string
  /** True if no step failed like this before the period; null if the period has no start. */
  readonly isNew: boolean | null
  /** The failed steps of each day on which there were some, in order; undefined unless days were asked for. */
  readonly days?: readonly FailureDay[] | undefined
}

/** Failed steps of one day. */
export interface FailureDay {
  /** `YYYY-MM-DD` in the zone that was asked for. */
  readonly day: string
  readonly failedSteps: number
}

export interface FailureGroups {
  /** The groups, those with the most failures first. */
  readonly groups: readonly FailureGroup[]
  /** Failed steps that are in none of the groups. */
  readonly otherFailedSteps: number
}

interface Collected {
  failedSteps: number
  readonly steps: Map<string, number>
  firstSeen: bigint | null
  lastSeen: bigint | null
  lastRunId: string
  readonly days: Map<string, number>
}

/** Distinct messages that are kept while reading; later ones are only counted. */
const MAX_MESSAGES = 10_000
const FEW_STEPS = 20_000
const MAX_STEPS = 1000
const SHOWN_STEPS = 10

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  /** The number of failed steps. */
  readonly failedSteps: number
  readonly top: number
  /** The condition of the rows before the period; undefined if the period has no start. */
  readonly before: Predicate | undefined
  /** The zone of the days by which the steps are counted, too; undefined if they are not. */
  readonly timeZone?: string | undefined
}

/** Groups the failed steps by message. If they are few, they are read; otherwise the storage counts the messages, unless most of them differ. */
export async function failureGroups(
  reading: LogReading,
  { where, counted, failedSteps, top, before, timeZone }: Question,
): Promise<FailureGroups> {
  const failed = and(isStep, eq('success', false), counted.ran, where)
  const isFew = failedSteps <= FEW_STEPS
  const byMessage = isFew ? undefined : await countByMessage(reading, failed, { max: MAX_MESSAGES, timeZone })
  const zone = timeZone === undefined ? undefined : zoneTime(timeZone)
  const groups = new Map<string, Collected>()
  let beyond = 0
  // Messages repeat, and normalising one costs more than looking it up.
  const known = new Map<string, string>()
  for await (const failure of byMessage ?? streamedFailures(reading, failed, isFew)) {
    const message = normaliseOnce(failure.message, known)
    const group = groups.get(message) ?? emptyGroup()
    if (!groups.has(message) && groups.size >= MAX_MESSAGES) {
      beyond += failure.failedSteps
      continue
    }
    groups.set(message, collect(group, failure))
    if (zone) collectDay(group, failure, zone)
  }
  const sorted = [...groups].sort(([a, one], [b, other]) => other.failedSteps - one.failedSteps || (a < b ? -1 : 1))
  const shown = sorted.slice(0, top)
  const old = before && (await messagesBefore(reading, before, new Set(shown.map(([message]) => message))))
  const hidden = sorted.slice(top).reduce((sum, [, { failedSteps }]) => sum + failedSteps, 0)
  return {
    groups: shown.map(([message, group]) =>
      toFailureGroup(message, group, old ? !old.has(message) : null, zone !== undefined),
    ),
    otherFailedSteps: hidden + beyond,
  }
}

/** Returns those of the normalised messages that failed steps under a condition have. Stops as soon as all are found. */
export async function messagesBefore(
  reading: LogReading,
  where: Predicate,
  wanted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  if (wanted.size === 0) return found
  const ran = reading.hasColumn('metadata') ? not(isWithoutOutcome) : and()
  const failed = and(isStep, eq('success', false), ran, where)
  const known = new Map<string, string>()
  const failures =
    (await countByMessage(reading, failed, { max: MAX_MESSAGES })) ?? streamedFailures(reading, failed, false)
  for await (const { message } of failures) {
    const normalised = normaliseOnce(message, known)
    if (wanted.has(normalised)) found.add(normalised)
    if (found.size === wanted.size) break
  }
  return found
}

function normaliseOnce(message: string, known: Map<string, string>): string {
  const found = known.get(message)
  if (found !== undefined) return found
  const made = normaliseMessage(message)
  if (known.size < MAX_MESSAGES && message.length < 1000) known.set(message, made)
  return made
}

function emptyGroup(): Collected {
  return { failedSteps: 0, steps: new Map(), firstSeen: null, lastSeen: null, lastRunId: '', days: new Map() }
}

function collect(group: Collected, failure: Failure): Collected {
  const { step, failedSteps, firstSeen, lastSeen, lastRunId } = failure
  group.failedSteps += failedSteps
  const times = group.steps.get(step)
  if (times !== undefined || group.steps.size < MAX_STEPS) group.steps.set(step, (times ?? 0) + failedSteps)
  if (firstSeen !== null && (group.firstSeen === null || firstSeen < group.firstSeen)) group.firstSeen = firstSeen
  if (group.lastSeen === null || (lastSeen !== null && lastSeen >= group.lastSeen)) {
    group.lastSeen = lastSeen
    group.lastRunId = lastRunId
  }
  return group
}

function collectDay({ days }: Collected, { firstSeen, failedSteps }: Failure, zone: ZoneTime): void {
  if (firstSeen === null) return
  const day = zone.dateOf(Number(firstSeen / 1000n))
  days.set(day, (days.get(day) ?? 0) + failedSteps)
}

function mostFailing(steps: ReadonlyMap<string, number>): string[] {
  const sorted = [...steps].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  return sorted.slice(0, SHOWN_STEPS).map(([step]) => step)
}

function toFailureGroup(
  message: string,
  { failedSteps, steps, firstSeen, lastSeen, lastRunId, days }: Collected,
  isNew: boolean | null,
  hasDays: boolean,
): FailureGroup {
  const text = (micros: bigint | null) => (micros === null ? null : isoFromMicros(micros))
  const seen = { firstSeen: text(firstSeen), lastSeen: text(lastSeen) }
  const byDay = [...days].map(([day, count]) => ({ day, failedSteps: count })).sort((a, b) => (a.day < b.day ? -1 : 1))
  const group = { message, failedSteps, steps: mostFailing(steps), ...seen, lastRunId, isNew }
  return hasDays ? { ...group, days: byDay } : group
}
