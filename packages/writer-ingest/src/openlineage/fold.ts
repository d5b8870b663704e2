import type { Position } from '../adapter.ts'
import { plainWord } from '../mapping/status.ts'
import type { RunEvent } from './event.ts'

export type EndType = 'COMPLETE' | 'FAIL' | 'ABORT'

/** The state of one attempt of one job, from all of its events. */
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
  /** The position of its first event in the file. */
  readonly position: Position
  /** Number of its events in this file. */
  readonly events: number
}

export interface TimedEvent {
  readonly event: RunEvent
  /** The time, ISO 8601 in UTC with microseconds, which sorts as text. */
  readonly time: string
  readonly position: Position
  /** True for an event of an earlier file whose job had no end there. */
  readonly isEarlier?: boolean | undefined
}

/** Folds events into jobs one at a time, so that memory depends on the number of jobs, not of events. */
export interface JobFold {
  add(event: TimedEvent): void
  /** Returns whether the job of an event is already known. */
  has(event: TimedEvent): boolean
  /** The attempts of jobs by {@link jobKey}; the order of events and duplicates do not matter. */
  readonly jobs: ReadonlyMap<string, JobRun>
  /** Removes a job. */
  remove(key: string): void
}

export function jobKey({ namespace, name, runId }: Pick<JobRun, 'namespace' | 'name' | 'runId'>): string {
  return JSON.stringify([namespace, name, runId])
}

export function jobFold(): JobFold {
  const jobs = new Map<string, FoldedJob>()
  return {
    jobs,
    has: ({ event: { job, run } }) => jobs.has(jobKey({ ...job, runId: run.runId })),
    remove: (key) => void jobs.delete(key),
    add(timed) {
      const { job, run } = timed.event
      const key = jobKey({ ...job, runId: run.runId })
      const known = jobs.get(key) ?? newJob(timed)
      jobs.set(key, known)
      take(known, timed)
    },
  }
}

const TYPES: Readonly<Record<string, 'START' | 'OTHER' | EndType>> = {
  start: 'START',
  started: 'START',
  running: 'OTHER',
  other: 'OTHER',
  complete: 'COMPLETE',
  completed: 'COMPLETE',
  fail: 'FAIL',
  failed: 'FAIL',
  abort: 'ABORT',
  aborted: 'ABORT',
}

/** Returns the event type of a word, or undefined if it is missing or unknown. */
export function eventTypeOf(word: string | null | undefined): 'START' | 'OTHER' | EndType | undefined {
  const plain = plainWord(word ?? '')
  return Object.hasOwn(TYPES, plain) ? TYPES[plain] : undefined
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

interface FoldedJob extends Writable<JobRun> {
  readonly runFacets: Record<string, unknown>
  readonly jobFacets: Record<string, unknown>
  /** The times of the events that set each part; the latest event wins. */
  readonly times: Map<string, string>
}

function newJob({ event, position }: TimedEvent): FoldedJob {
  return {
    namespace: event.job.namespace,
    name: event.job.name,
    runId: event.run.runId,
    startedAt: undefined,
    ended: undefined,
    runFacets: {},
    jobFacets: {},
    inputs: [],
    outputs: [],
    producer: undefined,
    position,
    events: 0,
    times: new Map(),
  }
}

function take(job: FoldedJob, { event, time, isEarlier }: TimedEvent): void {
  const type = eventTypeOf(event.eventType)
  if (!isEarlier) job.events++
  if (type === 'START') {
    if (job.startedAt === undefined || time < job.startedAt) job.startedAt = time
  } else if (type !== undefined && type !== 'OTHER' && isLatest(job, 'end', time)) {
    job.ended = { type, at: time }
  }
  for (const [name, facet] of Object.entries(event.run.facets ?? {})) {
    if (isLatest(job, `run ${name}`, time)) setFacet(job.runFacets, name, facet)
  }
  for (const [name, facet] of Object.entries(event.job.facets ?? {})) {
    if (isLatest(job, `job ${name}`, time)) setFacet(job.jobFacets, name, facet)
  }
  if (event.inputs?.length && isLatest(job, 'inputs', time)) job.inputs = event.inputs
  if (event.outputs?.length && isLatest(job, 'outputs', time)) job.outputs = event.outputs
  if (event.producer && isLatest(job, 'producer', time)) job.producer = event.producer
}

function isLatest({ times }: FoldedJob, part: string, time: string): boolean {
  if (time < (times.get(part) ?? '')) return false
  times.set(part, time)
  return true
}

function setFacet(facets: Record<string, unknown>, name: string, facet: unknown): void {
  Object.defineProperty(facets, name, { value: facet, enumerable: true, configurable: true, writable: true })
}

/** Returns the events of an unfinished job as one event, to be folded with those of later files. */
export function summaryOf(job: JobRun): RunEvent {
  return {
    ...(job.startedAt !== undefined && { eventType: 'START' }),
    eventTime: job.startedAt ?? NO_TIME,
    producer: job.producer,
    run: { runId: job.runId, facets: job.runFacets },
    job: { namespace: job.namespace, name: job.name, facets: job.jobFacets },
    inputs: [...job.inputs],
    outputs: [...job.outputs],
  }
}

/** A time before all events. */
const NO_TIME = '0001-01-01T00:00:00.000000Z'
