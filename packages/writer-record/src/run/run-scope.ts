import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertOptions } from '@forge/writer-core/storage'
import { newSpanId, variablesFor } from '../command/run-identity.ts'
import type { RunIdentity } from '../spool/entry.ts'
import { type Run, type RunOptions, STEP_CHECKS, type Step, type StepOptions, type StepPhase } from './options.ts'
import type { RowSink } from './row-sink.ts'
import { addCounts, type BaseRow, type StepCounts, type StepRecord, stepRecord } from './step-record.ts'

/** The parts that all steps of one run share. */
export interface RunState {
  readonly identity: RunIdentity
  readonly options: RunOptions
  readonly sink: RowSink
  readonly startedAt: Date
  /** Columns of every row of the run. */
  readonly fields: Pick<BaseRow, 'run_id' | 'run_mode' | 'run_started_at' | 'pipeline_id' | 'schema'>
  readonly now: () => Date
  /** The number of times that the step of a path has been recorded. */
  readonly executions: Map<string, number>
  /** The sums of the counts of all steps. */
  readonly totals: StepCounts
}

interface ScopeState {
  readonly run: RunState
  readonly scope: Run | Step
  readonly phase: StepPhase
  /** The path of the step; empty for the run. */
  readonly path: string
  /** Undefined for a step until a child process needs one. */
  readonly spanId?: string | undefined
}

const context = new AsyncLocalStorage<ScopeState>()

/** Returns the step or run in which the caller runs, or undefined. */
export function currentScope(): Run | Step | undefined {
  return context.getStore()?.scope
}

type Work<Scope, Result> = (scope: Scope) => Promise<Result> | Result

/** Runs the work of a whole run, and records what it reports in `record`. */
export async function inRun<Result>(run: RunState, record: StepRecord, work: Work<Run, Result>): Promise<Result> {
  const { identity, options } = run
  const state: Omit<ScopeState, 'scope'> = {
    run,
    phase: options.phase ?? 'silver',
    path: identity.isNested ? (identity.stepName ?? '') : '',
    spanId: identity.spanId,
  }
  const scope: Run = {
    pipelineId: identity.pipelineId,
    ...scopeParts(state, record, options.signal ?? new AbortController().signal),
    name: identity.stepName ?? identity.pipelineId,
  }
  return context.run({ ...state, scope }, () => work(scope))
}

function scopeParts(
  state: Omit<ScopeState, 'scope'>,
  record: StepRecord,
  signal: AbortSignal,
): Omit<Run, 'pipelineId'> {
  const { run, path } = state
  let { spanId } = state
  return {
    runId: run.identity.runId,
    name: path,
    signal,
    step: (name: string, given: StepOptions | Work<Step, never>, after?: Work<Step, never>) => {
      const [options, work] = (after === undefined ? [NO_OPTIONS, given] : [given, after]) as [
        StepOptions,
        Work<Step, never>,
      ]
      // A step that is started inside of another one belongs to it, whichever of the two objects is used.
      const ambient = context.getStore()
      const isInside = ambient?.run === run && (path === '' || `${ambient.path}/`.startsWith(`${path}/`))
      const parent = isInside ? ambient : { ...state, scope: { signal } }
      return runStep(parent, { name, options, work })
    },
    rows: record.rows,
    table: record.table,
    note: record.note,
    warn: record.warn,
    variables() {
      spanId ??= newSpanId()
      return variablesFor({ ...run.identity, stepName: path || run.identity.stepName, spanId })
    },
  }
}

const NO_OPTIONS: StepOptions = {}

interface StepCall<Result> {
  readonly name: string
  readonly options: StepOptions
  readonly work: Work<Step, Result>
}

type Parent = Omit<ScopeState, 'scope'> & { readonly scope: Pick<Step, 'signal'> }

async function runStep<Result>(parent: Parent, call: StepCall<Result>): Promise<Result> {
  if (call.options !== NO_OPTIONS) assertOptions('step', call.options, STEP_CHECKS)
  const { retries = 0, retryDelayMs = 0, retryIf = () => true } = call.options
  const signal = call.options.signal ?? parent.scope.signal
  for (let attempt = 1; ; attempt++) {
    try {
      return await runAttempt(parent, call, { attempt, signal })
    } catch (error) {
      if (attempt > retries || signal.aborted || !retryIf(error)) throw error
    }
    await sleep(retryDelayMs, undefined, { signal })
  }
}

async function runAttempt<Result>(
  parent: Parent,
  { name, options, work }: StepCall<Result>,
  { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
): Promise<Result> {
  const { run } = parent
  const { identity, fields } = run
  const path = parent.path === '' ? name : `${parent.path}/${name}`
  const phase = options.phase ?? parent.phase
  const record = stepRecord(options.metadata)
  const scope: Step = { ...scopeParts({ run, phase, path }, record, signal), attempt, skip: record.skip }
  const number = (run.executions.get(path) ?? 0) + 1
  run.executions.set(path, number)
  const startedAt = run.now()
  const startedMs = performance.now()
  const end = (hasFailed: boolean, error: unknown) => {
    if (!hasFailed) addCounts(run.totals, record.counts)
    const base: BaseRow = {
      run_id: fields.run_id,
      run_mode: fields.run_mode,
      run_started_at: fields.run_started_at,
      run_ended_at: null,
      execution_id: number === 1 ? identity.executionId : `${identity.executionId}/${number}`,
      pipeline_id: fields.pipeline_id,
      schema: fields.schema,
      phase,
      step_name: path,
      step_type: options.type ?? 'step',
      start_time: startedAt,
      end_time: run.now(),
      duration_secs: (performance.now() - startedMs) / 1000,
    }
    return run.sink.add(record.row(base, { hasFailed, error, isAborted: signal.aborted }))
  }
  let result: Result
  try {
    signal.throwIfAborted()
    result = await context.run({ run, phase, path, scope }, () => work(scope))
  } catch (error) {
    await end(true, error)
    throw error
  }
  const room = end(false, undefined)
  if (room) await room
  return result
}
