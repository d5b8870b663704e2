import { z } from 'zod'
import { WriterValidationError } from '../errors/kinds.ts'
import { PHASES, RUN_MODES, WRITE_MODES } from '../log/columns.ts'
import type { ExecutionContext, ExecutionResult, StepResult } from './models.ts'

const instant = z.union([z.date(), z.string()])
const count = z.union([z.number(), z.bigint()])
const metadata = z.record(z.string(), z.unknown())

/** Shape of an {@link ExecutionContext}. Limits of values are those of the row that it becomes. */
export const executionContextSchema = z.object({
  mode: z.enum(RUN_MODES),
  startTime: instant,
  endTime: instant.nullish(),
  executionId: z.string(),
  pipelineId: z.string(),
  schema: z.string(),
})

const phases = PHASES.filter((phase) => phase !== 'pipeline')

/** Shape of a {@link StepResult}. */
export const stepResultSchema = z.object({
  stepName: z.string(),
  phase: z.enum(phases),
  startTime: instant.nullish(),
  endTime: instant.nullish(),
  durationSecs: z.number().optional(),
  rowsProcessed: count,
  rowsWritten: count.nullish(),
  validationRate: z.number().optional(),
  success: z.boolean(),
  errorMessage: z.string().nullish(),
  executionContext: executionContextSchema.optional(),
  stepType: z.string().optional(),
  tableFqn: z.string().nullish(),
  writeMode: z.enum(WRITE_MODES).nullish(),
  inputRows: count.nullish(),
  outputRows: count.nullish(),
  memoryUsageMb: z.number().nullish(),
  cpuUsagePercent: z.number().nullish(),
  metadata: metadata.nullish(),
})

/** Shape of an {@link ExecutionResult}. */
export const executionResultSchema = z.object({
  success: z.boolean(),
  context: executionContextSchema,
  stepResults: z.array(stepResultSchema),
  totalDurationSecs: z.number(),
  errorMessage: z.string().nullish(),
  metadata: metadata.nullish(),
})

export type SchemaMode = 'strict' | 'lenient'

/**
 * Throws WriterValidationError with every problem where the value has another shape. A field that the model does not have is one too in `strict`
 * mode; in `lenient` mode it goes into the metadata of the step or run. One of the context goes where the context is that of the row.
 */
export function checkedExecution(value: ExecutionResult, mode: SchemaMode): ExecutionResult {
  assertShape(executionResultSchema, value, 'execution result')
  const { stepResults, ...rest } = value
  const inContext = contextExtras(value.context, 'context.', mode)
  return {
    ...withMetadata(withExtras(rest, executionResultSchema.shape, '', mode), inContext),
    stepResults: checkedSteps(stepResults, mode),
  } as ExecutionResult
}

function checkedSteps(steps: readonly StepResult[], mode: SchemaMode): StepResult[] {
  assertShape(z.array(stepResultSchema), steps, 'step results')
  return steps.map((step, at) => {
    const path = `stepResults.${at}.`
    const { executionContext } = step
    const inContext = executionContext && contextExtras(executionContext, `${path}executionContext.`, mode)
    return withMetadata(withExtras(step, stepResultSchema.shape, path, mode), inContext)
  })
}

/** Steps and the context that they share, where there is no run to keep what the context has beyond its model. */
export function checkedStepsOf(
  steps: readonly StepResult[],
  context: ExecutionContext,
  mode: SchemaMode,
): readonly StepResult[] {
  assertShape(executionContextSchema, context, 'execution context')
  const inContext = contextExtras(context, 'context.', mode)
  return checkedSteps(steps, mode).map((step) => (step.executionContext ? step : withMetadata(step, inContext)))
}

function contextExtras(context: ExecutionContext, path: string, mode: SchemaMode): Fields | undefined {
  return extrasOf(context, executionContextSchema.shape, path, mode)
}

function assertShape(schema: z.ZodType, value: unknown, what: string): void {
  const parsed = schema.safeParse(value)
  if (parsed.success) return
  const problems = parsed.error.issues.map(({ path, message }) => ({
    field: path.join('.') || what,
    expected: message,
  }))
  throw shapeError(what, problems)
}

function shapeError(what: string, problems: readonly { readonly field: string; readonly expected: string }[]) {
  const told = problems.slice(0, 20).map(({ field, expected }) => `${field}: ${expected}`)
  return new WriterValidationError(`invalid ${what}: ${told.join('; ')}`, {
    context: { problems },
    suggestions: ['Correct the fields named in context.problems.'],
  })
}

function withExtras<Value extends { readonly metadata?: Readonly<Record<string, unknown>> | null }>(
  value: Value,
  shape: Readonly<Record<string, unknown>>,
  path: string,
  mode: SchemaMode,
): Value {
  return withMetadata(value, extrasOf(value, shape, path, mode))
}

type Fields = Readonly<Record<string, unknown>>

function withMetadata<Value extends { readonly metadata?: Fields | null }>(value: Value, more: Fields = {}): Value {
  return Object.keys(more).length === 0 ? value : { ...value, metadata: { ...value.metadata, ...more } }
}

/** Fields beyond the model; undefined where there are none. Throws WriterValidationError in `strict` mode. */
function extrasOf(value: object, shape: Fields, path: string, mode: SchemaMode): Fields | undefined {
  const extras = Object.entries(value).filter(([name, inner]) => !Object.hasOwn(shape, name) && inner !== undefined)
  if (extras.length === 0) return undefined
  if (mode === 'lenient') return Object.fromEntries(extras)
  throw shapeError(
    'execution result',
    extras.map(([name]) => ({ field: path + name, expected: 'no such field' })),
  )
}
