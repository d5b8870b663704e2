import { randomHex, randomUuid } from '../process/random-id.ts'
import type { RunIdentity } from '../spool/entry.ts'
import { defaultName } from './default-names.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface IdentityOptions {
  readonly command: readonly string[]
  readonly pipelineId?: string | undefined
  readonly stepName?: string | undefined
  readonly phase?: string | undefined
}

/** Variables by which a run and its steps in other processes know each other. */
export const VARIABLES = {
  runId: 'FORGE_RUN_ID',
  pipelineId: 'FORGE_PIPELINE_ID',
  parentStep: 'FORGE_PARENT_STEP',
  metrics: 'FORGE_METRICS',
  traceparent: 'TRACEPARENT',
} as const

const DEFAULT_PHASE = 'silver'
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/

/** Returns the identity of a new run, or of a step of the run that the environment names. */
export function runIdentity(options: IdentityOptions, env: Environment): RunIdentity {
  const outerRun = env[VARIABLES.runId] || undefined
  const outer = parentSpan(env)
  const isNested = outerRun !== undefined
  const runId = outerRun ?? randomUuid()
  // An empty name is one that was left out, such as a variable without a value.
  const stepName = options.stepName || undefined
  const name = stepName ?? (options.pipelineId || defaultName(options.command))
  const spanId = newSpanId()
  return {
    runId,
    executionId: isNested ? `${runId}/${spanId}` : runId,
    pipelineId:
      (isNested ? env[VARIABLES.pipelineId] : undefined) || options.pipelineId || defaultName(options.command),
    stepName: isNested ? name : stepName,
    phase: options.phase ?? DEFAULT_PHASE,
    isNested,
    parentStep: (isNested && env[VARIABLES.parentStep]) || undefined,
    traceId: outer?.traceId ?? traceIdOf(runId),
    spanId,
    parentSpanId: outer?.spanId,
  }
}

/** Returns the variables by which processes below a run become its steps. */
export function variablesFor({ runId, pipelineId, stepName, traceId, spanId }: RunIdentity): Record<string, string> {
  return {
    [VARIABLES.runId]: runId,
    [VARIABLES.pipelineId]: pipelineId,
    [VARIABLES.parentStep]: stepName ?? '',
    [VARIABLES.traceparent]: `00-${traceId}-${spanId}-01`,
  }
}

/** Returns a random span id of the W3C trace context. */
export function newSpanId(): string {
  return randomHex(16)
}

/** Returns the trace id of a run: its id without hyphens if that has the form of one, otherwise a random one. */
export function traceIdOf(runId: string): string {
  const digits = runId.replaceAll('-', '').toLowerCase()
  return /^(?!0{32})[\da-f]{32}$/.test(digits) ? digits : `${randomHex(16)}${randomHex(16)}`
}

function parentSpan(env: Environment): { readonly traceId: string; readonly spanId: string } | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(env[VARIABLES.traceparent] ?? '') ?? []
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId }
}
