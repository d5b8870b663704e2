import type { RunMode } from '@forge/writer-core'
import { DAY_MS, isObject, microsFromDate, microsFromIso } from '@forge/writer-core/storage'
import { z } from 'zod'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { plausibleTime } from '../mapping/period.ts'
import { problemsOf } from '../mapping/problems.ts'
import { shownNames } from '../mapping/shown-names.ts'
import { MAX_HELD_CHARACTERS, TOO_MUCH, textLength } from '../reading/limits.ts'
import { parseJson } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import { type JsonRecord, readJsonRecords } from '../reading/records.ts'
import { jobType, runEventSchema, withKnownFacets } from './event.ts'
import { eventTypeOf, type JobFold, type JobRun, jobFold, summaryOf, type TimedEvent } from './fold.ts'
import { isCheck, type JobEnd, jobRow } from './job-row.ts'
import { type Place, placesOf } from './lineage.ts'

export const openlineage: IngestAdapter = {
  format: 'openlineage',
  description: 'run events of OpenLineage as lines, an array, or one object',
  keepsUnfinished: true,
  acceptsOptions: ['staleAfterMs', 'sql'],
  recognizes: ({ head }) => /"eventTime"\s*:/.test(head) && /"(runId|schemaURL)"\s*:/.test(head),
  async *read(input, options) {
    const fold = jobFold()
    const lost = takeUnfinished(fold, options)
    const unknown = new Set<string>()
    let limit = fold.jobs.size + MAX_ENDED_JOBS
    let held = heldLength(fold)
    let heldLimit = Math.max(MAX_HELD_CHARACTERS, held)
    for await (const record of readJsonRecords(input, ['events'])) {
      const event = readEvent(record, options)
      if ('kind' in event) {
        yield event
        continue
      }
      const word = event.event.eventType
      if (word && eventTypeOf(word) === undefined) unknown.add(word)
      const reason = fold.jobs.size >= MAX_OPEN_JOBS ? TOO_MANY : held >= MAX_HELD_CHARACTERS ? TOO_MUCH : undefined
      if (reason !== undefined && !fold.has(event)) {
        yield { kind: 'reject', position: event.position, reason, record: record.text }
        continue
      }
      fold.add(event)
      held += textLength(event.event)
      if (fold.jobs.size < limit && held < heldLimit) continue
      yield* flush(fold, options, lost)
      limit = fold.jobs.size + MAX_ENDED_JOBS
      held = heldLength(fold)
      // Jobs without an end remain: only after many more events can it be worth looking for ended ones again.
      heldLimit = Math.max(MAX_HELD_CHARACTERS, held + MAX_HELD_CHARACTERS / 2)
    }
    yield* itemsOf(fold.jobs, options, lost)
    if (unknown.size > 0) {
      const text = `unknown event types ${shownNames(unknown)}: they neither start nor end a job`
      yield { kind: 'warning', text }
    }
  },
}

/** Maximum number of ended jobs in memory; beyond it they are written. */
const MAX_ENDED_JOBS = 50_000
/** Maximum number of unfinished jobs. */
const MAX_OPEN_JOBS = 100_000
const TOO_MANY = `more than ${MAX_OPEN_JOBS} jobs have no end`

/** Yields the rows of ended jobs and removes these jobs. */
function* flush(fold: JobFold, options: AdapterOptions, lost: ReadonlySet<string>): Generator<IngestItem> {
  const ended = new Map([...fold.jobs].filter(([, job]) => job.ended !== undefined))
  yield* itemsOf(ended, options, lost)
  for (const key of ended.keys()) fold.remove(key)
}

/** Returns the length of all texts of the jobs. */
function heldLength({ jobs }: JobFold): number {
  let length = 0
  for (const job of jobs.values()) length += textLength(job)
  return length
}

const stateSchema = z.object({ events: z.array(runEventSchema), isLost: z.boolean() })

/** Folds the events of unfinished jobs of earlier files, and returns the keys of jobs that were recorded as lost. */
function takeUnfinished(fold: JobFold, { unfinished = new Map(), instants }: AdapterOptions): ReadonlySet<string> {
  const lost = new Set<string>()
  for (const [key, text] of unfinished) {
    const state = stateSchema.parse(JSON.parse(text))
    if (state.isLost) lost.add(key)
    for (const event of state.events) {
      const time = instants.read(event.eventTime)
      if (time !== undefined) fold.add({ event, time, position: {}, isEarlier: true })
    }
  }
  return lost
}

function readEvent(record: JsonRecord, { instants }: AdapterOptions): TimedEvent | IngestItem {
  const { text, position } = record
  const reject = (reason: string): IngestItem => ({ kind: 'reject', position, reason, record: text })
  if (record.problem !== undefined) return reject(record.problem)
  try {
    const value = parseJson(text)
    // Events of jobs and datasets do not describe a run.
    if (isObject(value) && value.run === undefined && (value.job ?? value.dataset) !== undefined)
      return { kind: 'ignored' }
    const parsed = runEventSchema.safeParse(value)
    if (!parsed.success) return reject(problemsOf(parsed.error))
    const time = instants.read(parsed.data.eventTime)
    return time === undefined
      ? reject('eventTime is not a time')
      : { event: withKnownFacets(parsed.data), time, position }
  } catch (error) {
    return reject(jsonProblem(text, error))
  }
}

function* itemsOf(
  jobs: ReadonlyMap<string, JobRun>,
  options: AdapterOptions,
  lost: ReadonlySet<string>,
): Generator<IngestItem> {
  const odd = new Set(
    [...jobs.values()]
      .filter(({ events }) => events > 0)
      .map(({ runId }) => runId)
      .filter((id) => !UUID.test(id)),
  )
  if (odd.size > 0) yield { kind: 'warning', text: `${odd.size} run ids are not UUIDs; they are used unchanged` }
  const places = placesOf(jobs)
  const modes = runModes(places)
  const twice = namesInTwoNamespaces(places)
  for (const [key, job] of jobs) {
    if (isStatement(job) && options.depth !== 'sql') {
      yield { kind: 'ignored', count: job.events }
      continue
    }
    const end = job.ended ?? lostEnd(job, options)
    const place = places.get(job)
    if (place && end && (job.events > 0 || !lost.has(key))) {
      const stepName = twice.has(`${place.runId} ${job.name}`) ? `${job.namespace}/${job.name}` : job.name
      const pipelineId = options.pipeline ?? place.pipelineId
      const runMode = modes.get(place.runId) ?? 'incremental'
      const row = jobRow(job, end, { place, pipelineId, stepName, runMode, options })
      yield { kind: 'row', row, position: job.position, ...(job.events === 0 && { isEarlier: true }) }
      if (job.events > 1) yield { kind: 'folded', count: job.events - 1 }
    }
    if (job.ended === undefined) {
      // A lost job may still end: its events are kept for that, and counted once.
      yield {
        kind: 'pending',
        count: end ? 0 : job.events,
        key,
        state: JSON.stringify({ events: [summaryOf(job)], isLost: end !== undefined }),
      }
    } else if (options.unfinished?.has(key)) {
      yield { kind: 'ended', key }
    }
  }
}

/** Returns the end of a job that started too long ago to be still running, or undefined if it may be running. */
function lostEnd(job: JobRun, { now = () => new Date(), staleAfterMs = DAY_MS }: AdapterOptions): JobEnd | undefined {
  const startedAt = plausibleTime(job.startedAt)
  if (startedAt === undefined) return undefined
  const ageMicros = microsFromDate(now()) - microsFromIso(startedAt)
  return Number(ageMicros) / 1000 > staleAfterMs ? { type: 'LOST', at: null } : undefined
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns whether a job is a statement of a model or test, which would be counted twice. */
function isStatement(job: JobRun): boolean {
  return /\.sql\.\d+$/.test(job.name) && jobType(job.jobFacets) === 'sql'
}

/** Returns the kind of run; a run of checks only is separate from runs that build. */
function runModes(places: ReadonlyMap<JobRun, Place>): Map<string, RunMode> {
  const modes = new Map<string, RunMode>()
  for (const [job, { runId, isRun }] of places) {
    if (isRun || isStatement(job)) continue
    modes.set(runId, isCheck(job) && modes.get(runId) !== 'incremental' ? 'validation_only' : 'incremental')
  }
  return modes
}

function namesInTwoNamespaces(places: ReadonlyMap<JobRun, Place>): Set<string> {
  const namespaces = new Map<string, string>()
  const twice = new Set<string>()
  for (const [job, { runId }] of places) {
    const key = `${runId} ${job.name}`
    const before = namespaces.get(key)
    if (before !== undefined && before !== job.namespace) twice.add(key)
    namespaces.set(key, job.namespace)
  }
  return twice
}
