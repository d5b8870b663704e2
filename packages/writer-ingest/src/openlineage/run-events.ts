import { microsFromDate, microsFromIso, type RunMode } from '@forge/writer-core'
import { z } from 'zod'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { believed } from '../mapping/period.ts'
import { problemsOf } from '../mapping/problems.ts'
import { shownNames } from '../mapping/shown-names.ts'
import { isObject, parseJson } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import { type JsonRecord, readJsonRecords } from '../reading/records.ts'
import { jobType, runEventSchema, withKnownFacets } from './event.ts'
import { eventTypeOf, type JobFold, type JobRun, jobFold, summaryOf, type TimedEvent } from './fold.ts'
import { isCheck, type JobEnd, jobRow } from './job-row.ts'
import { type Place, placesOf } from './lineage.ts'

export const openlineage: IngestAdapter = {
  format: 'openlineage',
  description: 'run events of OpenLineage, as lines, an array, or one object',
  keepsUnfinished: true,
  heeds: ['staleAfterHours', 'sql'],
  recognizes: ({ head }) => /"eventTime"\s*:/.test(head) && /"(runId|schemaURL)"\s*:/.test(head),
  async *read(input, options) {
    const fold = jobFold()
    const lost = takeUnfinished(fold, options)
    const unknown = new Set<string>()
    let limit = fold.jobs.size + MAX_ENDED_JOBS
    for await (const record of readJsonRecords(input, ['events'])) {
      const event = readEvent(record, options)
      if ('kind' in event) {
        yield event
        continue
      }
      const word = event.event.eventType
      if (word && eventTypeOf(word) === undefined) unknown.add(word)
      if (fold.jobs.size >= MAX_OPEN_JOBS && !fold.has(event)) {
        yield { kind: 'reject', position: event.position, reason: TOO_MANY, record: record.text }
        continue
      }
      fold.add(event)
      if (fold.jobs.size < limit) continue
      yield* flushed(fold, options, lost)
      limit = fold.jobs.size + MAX_ENDED_JOBS
    }
    yield* itemsOf(fold.jobs, options, lost)
    if (unknown.size > 0) {
      const text = `event types ${shownNames(unknown)} are not known: they neither start nor end a job`
      yield { kind: 'warning', text }
    }
  },
}

/** So many jobs, in addition to those without an end, are held in memory before those that have ended are written. */
const MAX_ENDED_JOBS = 50_000
/** No more jobs without an end are waited for. */
const MAX_OPEN_JOBS = 100_000
const TOO_MANY = `more than ${MAX_OPEN_JOBS} jobs have no end`

/** Writes the jobs that have ended, and leaves them out from then on. */
function* flushed(fold: JobFold, options: AdapterOptions, lost: ReadonlySet<string>): Generator<IngestItem> {
  const ended = new Map([...fold.jobs].filter(([, job]) => job.ended !== undefined))
  yield* itemsOf(ended, options, lost)
  for (const key of ended.keys()) fold.remove(key)
}

const stateSchema = z.object({ events: z.array(runEventSchema), isLost: z.boolean() })

/** Folds the events that earlier files left without an end, and returns the keys of those that were recorded as lost. */
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
  const rejected = (reason: string): IngestItem => ({ kind: 'reject', position, reason, record: text })
  if (record.problem !== undefined) return rejected(record.problem)
  try {
    const value = parseJson(text)
    // Events of jobs and datasets tell of no run.
    if (isObject(value) && value.run === undefined && (value.job ?? value.dataset) !== undefined)
      return { kind: 'ignored' }
    const parsed = runEventSchema.safeParse(value)
    if (!parsed.success) return rejected(problemsOf(parsed.error))
    const time = instants.read(parsed.data.eventTime)
    return time === undefined
      ? rejected('eventTime is not a time')
      : { event: withKnownFacets(parsed.data), time, position }
  } catch (error) {
    return rejected(jsonProblem(error))
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
  if (odd.size > 0) yield { kind: 'warning', text: `${odd.size} run ids are no UUIDs and are taken as they are` }
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
      // A lost job may still end: its events wait for that, and are counted once.
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

const HOUR_MICROS = 3_600_000_000n

/** The end of a job whose start is too long ago for it to be still at work; undefined while it may be. */
function lostEnd(job: JobRun, { now = () => new Date(), staleAfterHours = 24 }: AdapterOptions): JobEnd | undefined {
  const startedAt = believed(job.startedAt)
  if (startedAt === undefined) return undefined
  const ageMicros = microsFromDate(now()) - microsFromIso(startedAt)
  return ageMicros > BigInt(Math.round(staleAfterHours * Number(HOUR_MICROS))) ? { type: 'LOST', at: null } : undefined
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The statements of a model or test: beside it they would count twice. */
function isStatement(job: JobRun): boolean {
  return /\.sql\.\d+$/.test(job.name) && jobType(job.jobFacets) === 'sql'
}

/** A run of checks alone is apart from those that build. */
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
