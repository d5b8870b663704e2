import type { Position } from '../adapter.ts'
import type { RunEvent } from './event.ts'

export type EndType = 'COMPLETE' | 'FAIL' | 'ABORT'

/** All that the events of one attempt of one job tell. */
export interface JobRun {
  readonly namespace: string
  readonly name: string
  readonly runId: string
  readonly startedAt: string | undefined
  readonly ended: { readonly type: EndType; readonly at: string } | undefined
  readonly runFacets: Readonly<Record<string, unknown>>
  readonly jobFacets: Readonly<Record<string, unknown>>
  readonly inputs: NonNullable<RunEvent['inputs']>
  readonly outputs: NonNullable<RunEvent['outputs']>
  readonly producer: string | undefined
  /** Of its first event in the file. */
  readonly position: Position
  /** Events of it in this file. */
  readonly events: number
  /** All of its events, also those of earlier files. */
  readonly history: readonly RunEvent[]
}

export interface TimedEvent {
  readonly event: RunEvent
  /** ISO 8601 in UTC with microseconds: as text it sorts as the instant does. */
  readonly time: string
  readonly position: Position
  /** From an earlier file, where it was left without an end. */
  readonly isEarlier?: boolean
}

const ENDS: readonly string[] = ['COMPLETE', 'FAIL', 'ABORT'] satisfies EndType[]

export function jobKey({ namespace, name, runId }: Pick<JobRun, 'namespace' | 'name' | 'runId'>): string {
  return JSON.stringify([namespace, name, runId])
}

/** One JobRun per job and attempt, whatever the order of the events and however often each is there. */
export function foldEvents(events: readonly TimedEvent[]): Map<string, JobRun> {
  const groups = new Map<string, TimedEvent[]>()
  for (const each of events) {
    const key = jobKey({ ...each.event.job, runId: each.event.run.runId })
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  return new Map([...groups].flatMap(([key, group]) => (group[0] ? [[key, foldGroup(group, group[0])]] : [])))
}

function foldGroup(group: readonly TimedEvent[], first: TimedEvent): JobRun {
  const sorted = group.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  const starts = sorted.filter(({ event }) => event.eventType?.toUpperCase() === 'START')
  const end = sorted.findLast(({ event }) => ENDS.includes(event.eventType?.toUpperCase() ?? ''))
  const merged = (pick: (event: RunEvent) => object | null | undefined) =>
    Object.assign({}, ...sorted.map(({ event }) => pick(event))) as Record<string, unknown>
  const lastOf = (pick: (event: RunEvent) => RunEvent['inputs']) =>
    sorted.map(({ event }) => pick(event) ?? []).findLast((each) => each.length > 0) ?? []
  return {
    namespace: first.event.job.namespace,
    name: first.event.job.name,
    runId: first.event.run.runId,
    startedAt: starts[0]?.time,
    ended: end && { type: end.event.eventType?.toUpperCase() as EndType, at: end.time },
    runFacets: merged((event) => event.run.facets),
    jobFacets: merged((event) => event.job.facets),
    inputs: lastOf((event) => event.inputs),
    outputs: lastOf((event) => event.outputs),
    producer: sorted.map(({ event }) => event.producer).findLast((each) => each) ?? undefined,
    position: first.position,
    events: group.filter(({ isEarlier }) => !isEarlier).length,
    history: sorted.map(({ event }) => event),
  }
}
