import { createHash } from 'node:crypto'
import { isSuccessStatus, type LogRowInput, type Status, worstStatus } from '@forge/writer-core'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { type ErrorText, errorText } from '../mapping/error-text.ts'
import { present } from '../mapping/figures.ts'
import { readTime } from '../mapping/period.ts'
import { phaseOf } from '../mapping/phase.ts'
import { type IngestInput, plainName } from '../reading/input.ts'
import { type Attributes, readReport, type TestCase, type TestResult } from './events.ts'

export const junit: IngestAdapter = {
  format: 'junit',
  description: 'reports of JUnit, pytest and other test runners in XML',
  isOneRun: true,
  recognizes: ({ head }) =>
    /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<testsuites?[\s>/]/.test(head.replace(/^\ufeff/, '')),
  async *read(input, options) {
    const run = createRun(input, options)
    for await (const event of readReport(input.bytes())) {
      if (event.kind === 'suite') run.enter(event.attributes, event.depth)
      else if (event.kind === 'case') yield run.row(event.test)
      else {
        run.break()
        yield { kind: 'reject', position: { line: event.line }, reason: event.reason, record: '' }
      }
    }
    if (run.isEmpty) return
    yield { kind: 'row', row: run.runRow(), position: { line: 1 } }
  },
}

interface Run {
  /** Takes in the attributes of a suite, before those of its tests. */
  enter(attributes: Attributes, depth: number): void
  /** Notes that the report is incomplete. */
  break(): void
  readonly isEmpty: boolean
  row(test: TestCase): IngestItem
  runRow(): LogRowInput
}

function createRun({ name, head }: IngestInput, options: AdapterOptions): Run {
  const hash = createHash('sha256').update(name).update(head).digest('hex').slice(0, 16)
  const counts: Partial<Record<Status, number>> = {}
  const repeated = new Map<string, number>()
  let identity: { readonly runId: string; readonly pipelineId: string } | undefined
  let [startedAt, rootSecs, suiteSecs, caseSecs]: [string | undefined, number, number, number] = [undefined, 0, 0, 0]
  let firstFailure: string | undefined
  const identify = (attributes: Attributes) => {
    const pipelineId = options.pipeline ?? (attributes.name || plainName(name).replace(/\.xml$/, ''))
    identity ??= { pipelineId, runId: `junit/${pipelineId}/${startedAt ?? hash}` }
    return identity
  }
  const count = (status: Status) => {
    counts[status] = (counts[status] ?? 0) + 1
  }
  return {
    enter(attributes, depth) {
      const time = readTime(attributes.timestamp, options.instants)
      if (time !== undefined && (startedAt === undefined || time < startedAt)) startedAt = time
      const secs = secondsOf(attributes.time)
      if (depth === 0) rootSecs = secs
      else if (depth === 1) suiteSecs += secs
    },
    break: () => count('unknown'),
    get isEmpty() {
      return Object.keys(counts).length === 0
    },
    row(test) {
      const { runId, pipelineId } = identify(test.suite)
      const { status, message } = resultOf(test.results)
      const stepName = [test.attributes.classname, test.attributes.name ?? 'test'].filter((part) => part).join('.')
      const number = (repeated.get(stepName) ?? 0) + 1
      repeated.set(stepName, number)
      caseSecs += secondsOf(test.attributes.time)
      count(status)
      const error = message === undefined || isSuccessStatus(status) ? undefined : errorText(message)
      if (error && firstFailure === undefined) firstFailure = `${stepName}: ${error.message}`
      const row = {
        run_id: runId,
        execution_id: number === 1 ? runId : `${runId}/${number}`,
        pipeline_id: pipelineId,
        phase: phaseOf({ name: stepName }, options.phases),
        step_name: stepName,
        run_started_at: startedAt ?? null,
        ...testFields(test, { status, message, error }),
      }
      return { kind: 'row', row, position: { line: test.line } }
    },
    runRow() {
      const { runId, pipelineId } = identify({})
      const status = worstStatus(Object.keys(counts) as Status[])
      return {
        run_id: runId,
        execution_id: runId,
        pipeline_id: pipelineId,
        phase: 'pipeline',
        step_name: pipelineId,
        step_type: 'run',
        run_started_at: startedAt ?? null,
        start_time: startedAt ?? null,
        duration_secs: rootSecs || suiteSecs || caseSecs,
        success: isSuccessStatus(status),
        error_message: isSuccessStatus(status) || status === 'unknown' ? null : (firstFailure ?? null),
        rows_processed: 0,
        metadata: { status, steps: counts, rows_unknown: true },
      }
    },
  }
}

interface TestOutcome {
  readonly status: Status
  readonly message: string | undefined
  readonly error: ErrorText | undefined
}

function testFields({ attributes, suite, repeated }: TestCase, { status, message, error }: TestOutcome): LogRowInput {
  return {
    step_type: 'test',
    duration_secs: secondsOf(attributes.time),
    success: isSuccessStatus(status),
    error_message: error?.message ?? null,
    rows_processed: 0,
    metadata: {
      ...present({
        status,
        suite: suite.name,
        file: attributes.file,
        skip_reason: status === 'skipped' ? message : undefined,
        repeated_failures: repeated || undefined,
        error_detail: error?.detail,
      }),
      rows_unknown: true,
    },
  }
}

/** Returns the status of a test and its message. Attempts that were repeated do not decide. */
function resultOf(results: readonly TestResult[]): { readonly status: Status; readonly message?: string | undefined } {
  const deciding = results.filter(({ element }) => !isRepeated(element))
  const found = STATUSES.flatMap(([element, status]) => {
    const result = deciding.find((each) => each.element === element)
    return result
      ? [{ status, message: [result.message, result.text.trim()].filter((part) => part).join('\n') || undefined }]
      : []
  })
  return found[0] ?? { status: 'success' }
}

const STATUSES: readonly (readonly [string, Status])[] = [
  ['error', 'error'],
  ['failure', 'failed'],
  ['skipped', 'skipped'],
]

function isRepeated(element: string): boolean {
  return /^(?:flaky|rerun)/.test(element)
}

/** Returns seconds, which some runners write as `1,234.5`. */
function secondsOf(text: string | undefined): number {
  const seconds = Number((text ?? '').replaceAll(',', ''))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
}
