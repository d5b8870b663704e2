import { and, batchRows, eq, type Predicate, type Row } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { normaliseMessage } from './normalise-message.ts'

/** Failed steps with the same message, but for ids, times and numbers. */
export interface FailureGroup {
  /** Normalised; empty where the steps gave none. */
  readonly message: string
  readonly failedSteps: number
  /** `pipeline/step`, most failures first, at most 10. */
  readonly steps: readonly string[]
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  /** A run in which it happened last. */
  readonly lastRunId: string
}

export interface FailureGroups {
  /** Most failures first. */
  readonly groups: readonly FailureGroup[]
  /** Failed steps that are in none of the groups. */
  readonly otherFailedSteps: number
}

interface Collected {
  failedSteps: number
  readonly steps: Map<string, number>
  firstSeen: string | null
  lastSeen: string | null
  lastRunId: string
}

/** Distinct messages that are kept while reading; later ones are only counted. */
const MOST_MESSAGES = 10_000
const MOST_STEPS = 1000
const SHOWN_STEPS = 10

/** Groups the failed steps by message, streaming. */
export async function failureGroups(
  reading: LogReading,
  { where, counted, top }: { readonly where: Predicate; readonly counted: CountedSteps; readonly top: number },
): Promise<FailureGroups> {
  const groups = new Map<string, Collected>()
  let beyond = 0
  const failed = reading.reader.scan({
    columns: FIELDS.filter((name) => reading.hasColumn(name)),
    where: and(isStep, eq('success', false), counted.ran, where),
  })
  // Messages repeat, and normalising one costs more than looking it up.
  const known = new Map<string, string>()
  for await (const batch of failed) {
    for (const row of batchRows(batch)) {
      const message = normalised(String(row.error_message ?? ''), known)
      const group = groups.get(message)
      if (group) collect(group, row)
      else if (groups.size < MOST_MESSAGES) groups.set(message, collect(emptyGroup(), row))
      else beyond++
    }
  }
  const sorted = [...groups].sort(([a, one], [b, other]) => other.failedSteps - one.failedSteps || (a < b ? -1 : 1))
  const hidden = sorted.slice(top).reduce((sum, [, { failedSteps }]) => sum + failedSteps, 0)
  return {
    groups: sorted.slice(0, top).map(([message, group]) => ({ message, ...group, steps: mostFailing(group.steps) })),
    otherFailedSteps: hidden + beyond,
  }
}

const FIELDS = [
  'error_message',
  'pipeline_id',
  'step_name',
  'run_id',
  'start_time',
  'run_started_at',
  'end_time',
  'created_at',
]

function normalised(message: string, known: Map<string, string>): string {
  const found = known.get(message)
  if (found !== undefined) return found
  const made = normaliseMessage(message)
  if (known.size < MOST_MESSAGES && message.length < 1000) known.set(message, made)
  return made
}

function emptyGroup(): Collected {
  return { failedSteps: 0, steps: new Map(), firstSeen: null, lastSeen: null, lastRunId: '' }
}

function collect(group: Collected, row: Row): Collected {
  group.failedSteps++
  const step = `${row.pipeline_id}/${row.step_name}`
  const times = group.steps.get(step)
  if (times !== undefined || group.steps.size < MOST_STEPS) group.steps.set(step, (times ?? 0) + 1)
  const seen = row.start_time ?? row.run_started_at ?? row.end_time ?? row.created_at
  const at = typeof seen === 'string' ? seen : null
  if (at !== null && (group.firstSeen === null || at < group.firstSeen)) group.firstSeen = at
  if (group.lastSeen === null || (at !== null && at >= group.lastSeen)) {
    group.lastSeen = at
    group.lastRunId = String(row.run_id)
  }
  return group
}

function mostFailing(steps: ReadonlyMap<string, number>): string[] {
  const sorted = [...steps].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  return sorted.slice(0, SHOWN_STEPS).map(([step]) => step)
}
