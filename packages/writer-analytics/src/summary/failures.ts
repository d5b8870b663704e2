import { and, column, eq, isIn, isNull, isWithoutOutcome, not, or, type Predicate } from '@forge/writer-core'
import { isoFromMicros } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { type ZoneTime, zoneTime } from '../reading/zone-time.ts'
import { isFailedRun } from './failed-runs.ts'
import { countByMessage, type Failure, streamedFailures } from './failed-steps.ts'
import { normaliseMessage } from './normalise-message.ts'

/** Failed steps with the same message, except ids, times and numbers. */
export interface FailureGroup {
  /** The normalised message; empty if the steps have none. */
  readonly message: string
  /** The failed steps; a run that failed although none of its steps did counts as one. */
  readonly failedSteps: number
  /** The runs in which they failed; null if they, or the messages, are too many to count them exactly. */
  readonly runs: number | null
  /** `pipeline/step`, or the pipeline if a whole run failed; most failures first, at most 10. */
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
  /** The runs, if the failures are read one by one. */
  readonly runs: Set<string>
  /** The messages before they were normalised, at most one more than can be asked for. */
  readonly messages: Set<string>
}

/** Distinct messages that are kept while reading; later ones are only counted. */
const MAX_MESSAGES = 10_000
const FEW_STEPS = 20_000
const MAX_STEPS = 1000
const SHOWN_STEPS = 10
/** Runs are counted by the storage for groups of at most this many messages. */
const MAX_ASKED_MESSAGES = 100
/** The maximum number of runs of a group that are remembered while failures are read one by one. */
const MAX_GROUP_RUNS = 100_000

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  /** The number of failed steps. */
  readonly failedSteps: number
  readonly top: number
  /** The condition of the rows before the period; undefined if the period has no start. */
  readonly before: Predicate | undefined
  /** Runs that failed although none of their steps did. Default: none. */
  readonly failedRuns?: readonly Failure[] | undefined
  /** The zone of the days by which the steps are counted, too; undefined if they are not. */
  readonly timeZone?: string | undefined
}

/** Groups the failed steps by message. If they are few, they are read; otherwise the storage counts the messages, unless most of them differ. */
export async function failureGroups(
  reading: LogReading,
  { where, counted, failedSteps, top, before, timeZone, failedRuns = [] }: Question,
): Promise<FailureGroups> {
  const failed = and(isStep, eq('success', false), counted.ran, where)
  const isFew = failedSteps <= FEW_STEPS
  const byMessage = isFew ? undefined : await countByMessage(reading, failed, { max: MAX_MESSAGES, timeZone })
  const zone = timeZone === undefined ? undefined : zoneTime(timeZone)
  const groups = new Map<string, Collected>()
  let beyond = 0
  // Messages repeat, and normalising one costs more than looking it up.
  const known = new Map<string, string>()
  const add = (failure: Failure) => {
    const message = normaliseOnce(failure.message, known)
    const group = groups.get(message) ?? emptyGroup()
    if (!groups.has(message) && groups.size >= MAX_MESSAGES) {
      beyond += failure.failedSteps
      return
    }
    groups.set(message, collect(group, failure))
    if (zone) collectDay(group, failure, zone)
  }
  for await (const failure of byMessage ?? streamedFailures(reading, failed, isFew)) add(failure)
  for (const failure of failedRuns) add(failure)
  const sorted = [...groups].sort(([a, one], [b, other]) => other.failedSteps - one.failedSteps || (a < b ? -1 : 1))
  const shown = sorted.slice(0, top)
  const old = before && (await messagesBefore(reading, before, new Set(shown.map(([message]) => message))))
  const runs = byMessage ? await countRuns(reading, failed, shown) : undefined
  const hidden = sorted.slice(top).reduce((sum, [, { failedSteps }]) => sum + failedSteps, 0)
  return {
    groups: shown.map(([message, group]) =>
      toFailureGroup(message, group, {
        isNew: old ? !old.has(message) : null,
        hasDays: zone !== undefined,
        runs: runs ? addRuns(runs.get(message), group) : readRuns(group),
      }),
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
    if (found.size === wanted.size) return found
  }
  const runs = and(isFailedRun(reading), where)
  const failedRuns = (await countByMessage(reading, runs, { max: MAX_MESSAGES })) ?? []
  for (const { message } of failedRuns) {
    const normalised = normaliseOnce(message, known)
    if (wanted.has(normalised)) found.add(normalised)
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
  return {
    failedSteps: 0,
    steps: new Map(),
    firstSeen: null,
    lastSeen: null,
    lastRunId: '',
    days: new Map(),
    runs: new Set(),
    messages: new Set(),
  }
}

function collect(group: Collected, failure: Failure): Collected {
  const { message, step, failedSteps, firstSeen, lastSeen, lastRunId, run } = failure
  group.failedSteps += failedSteps
  if (run !== undefined && group.runs.size <= MAX_GROUP_RUNS) group.runs.add(run)
  if (group.messages.size <= MAX_ASKED_MESSAGES) group.messages.add(message)
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

/** Returns the number of runs of failures that were read one by one. */
function readRuns({ runs }: Collected): number | null {
  return runs.size > MAX_GROUP_RUNS ? null : runs.size
}

/** Adds the runs without a failed step, which the storage did not count, to those that it did. */
function addRuns(counted: number | undefined, { runs }: Collected): number | null {
  return counted === undefined ? null : counted + runs.size
}

/** Counts the runs of groups of failures, those with few messages, in one query. */
async function countRuns(
  reading: LogReading,
  failed: Predicate,
  groups: readonly (readonly [string, Collected])[],
): Promise<ReadonlyMap<string, number>> {
  const asked = groups.filter(([, { messages }]) => messages.size <= MAX_ASKED_MESSAGES)
  if (asked.length === 0 || !reading.hasColumn('error_message')) return new Map()
  const [found = {}] = await reading.reader.aggregate({
    where: failed,
    measures: asked.map(([, { messages }], at) => ({
      as: `runs${at}`,
      fn: 'countDistinct',
      of: [column('pipeline_id'), column('run_id')],
      where: or(isIn('error_message', [...messages]), ...(messages.has('') ? [isNull('error_message')] : [])),
    })),
  })
  return new Map(asked.map(([message], at) => [message, Number(found[`runs${at}`] ?? 0)]))
}

function mostFailing(steps: ReadonlyMap<string, number>): string[] {
  const sorted = [...steps].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  return sorted.slice(0, SHOWN_STEPS).map(([step]) => step)
}

interface GroupFacts {
  readonly isNew: boolean | null
  readonly hasDays: boolean
  readonly runs: number | null
}

function toFailureGroup(
  message: string,
  { failedSteps, steps, firstSeen, lastSeen, lastRunId, days }: Collected,
  { isNew, hasDays, runs }: GroupFacts,
): FailureGroup {
  const text = (micros: bigint | null) => (micros === null ? null : isoFromMicros(micros))
  const seen = { firstSeen: text(firstSeen), lastSeen: text(lastSeen) }
  const byDay = [...days].map(([day, count]) => ({ day, failedSteps: count })).sort((a, b) => (a.day < b.day ? -1 : 1))
  const group = { message, failedSteps, runs, steps: mostFailing(steps), ...seen, lastRunId, isNew }
  return hasDays ? { ...group, days: byDay } : group
}
