import { microsFromDate, microsFromIso, type RunMode } from '@forge/writer-core'
import { z } from 'zod'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { problemsOf } from '../mapping/problems.ts'
import { isObject } from '../reading/parse-json.ts'
import { type JsonRecord, readJsonRecords } from '../reading/records.ts'
import { jobType, runEventSchema } from './event.ts'
import { foldEvents, type JobRun, type TimedEvent } from './fold.ts'
import { isCheck, type JobEnd, jobRow } from './job-row.ts'
import { placeOf } from './lineage.ts'

export const openlineage: IngestAdapter = {
  format: 'openlineage',
  description: 'run events of OpenLineage, as lines, an array, or one object',
  keepsUnfinished: true,
  heeds: ['staleAfterHours', 'sql'],
  recognizes: ({ head }) => /"eventTime"\s*:/.test(head) && /"(runId|schemaURL)"\s*:/.test(head),
  async *read(input, options) {
    const earlier = readUnfinished(options)
    const events = [...earlier.events]
    for await (const record of readJsonRecords(input, 'events')) {
      const event = readEvent(record, options)
      if ('kind' in event) yield event
      else events.push(event)
    }
    yield* itemsOf(foldEvents(events), options, earlier.lost)
  },
}

const stateSchema = z.object({ events: z.array(runEventSchema), isLost: z.boolean() })

/** The events that earlier files left without an end, and the keys of those that were recorded as lost. */
function readUnfinished({ unfinished = new Map(), instants }: AdapterOptions) {
  const lost = new Set<string>()
  const events: TimedEvent[] = []
  for (const [key, text] of unfinished) {
    const state = stateSchema.parse(JSON.parse(text))
    if (state.isLost) lost.add(key)
    for (const event of state.events) {
      const time = instants.read(event.eventTime)
      if (time !== undefined) events.push({ event, time, position: {}, isEarlier: true })
    }
  }
  return { events, lost }
}

function readEvent(record: JsonRecord, { instants }: AdapterOptions): TimedEvent | IngestItem {
  const { text, position } = record
  const rejected = (reason: string): IngestItem => ({ kind: 'reject', position, reason, record: text })
  if (record.problem !== undefined) return rejected(record.problem)
  try {
    const value: unknown = JSON.parse(text)
    // Events of jobs and datasets tell of no run.
    if (isObject(value) && value.run === undefined && (value.job ?? value.dataset) !== undefined)
      return { kind: 'ignored' }
    const parsed = runEventSchema.safeParse(value)
    if (!parsed.success) return rejected(problemsOf(parsed.error))
    const time = instants.read(parsed.data.eventTime)
    return time === undefined ? rejected('eventTime is no time') : { event: parsed.data, time, position }
  } catch (error) {
    return rejected(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`)
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
  const modes = runModes(jobs)
  const twice = namesInTwoNamespaces(jobs)
  for (const [key, job] of jobs) {
    if (isStatement(job) && options.depth !== 'sql') {
      yield { kind: 'ignored', count: job.events }
      continue
    }
    const end = job.ended ?? lostEnd(job, options)
    if (end && (job.events > 0 || !lost.has(key))) {
      const place = placeOf(job, jobs)
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
        state: JSON.stringify({ events: job.history, isLost: end !== undefined }),
      }
    } else if (options.unfinished?.has(key)) {
      yield { kind: 'ended', key }
    }
  }
}

const HOUR_MICROS = 3_600_000_000n

/** The end of a job whose start is too long ago for it to be still at work; undefined while it may be. */
function lostEnd(
  { startedAt }: JobRun,
  { now = () => new Date(), staleAfterHours = 24 }: AdapterOptions,
): JobEnd | undefined {
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
function runModes(jobs: ReadonlyMap<string, JobRun>): Map<string, RunMode> {
  const modes = new Map<string, RunMode>()
  for (const job of jobs.values()) {
    const { runId, isRun } = placeOf(job, jobs)
    if (isRun || isStatement(job)) continue
    modes.set(runId, isCheck(job) && modes.get(runId) !== 'incremental' ? 'validation_only' : 'incremental')
  }
  return modes
}

function namesInTwoNamespaces(jobs: ReadonlyMap<string, JobRun>): Set<string> {
  const namespaces = new Map<string, string>()
  const twice = new Set<string>()
  for (const job of jobs.values()) {
    const key = `${placeOf(job, jobs).runId} ${job.name}`
    const before = namespaces.get(key)
    if (before !== undefined && before !== job.namespace) twice.add(key)
    namespaces.set(key, job.namespace)
  }
  return twice
}
