import { z } from 'zod'
import { WriterValidationError } from '../errors/kinds.ts'
import { PHASES, RUN_MODES, WRITE_MODES } from '../log/columns.ts'
import type { ExecutionContext, ExecutionResult, StepResult } from './models.ts'

const instant = z.union([z.date(), z.string()])
const count = z.union([z.number(), z.bigint()])
const metadata = z.record(z.string(), z.unknown())

/** The schema of an {@link ExecutionContext}. Values have the limits of the row that it becomes. */
export const executionContextSchema = z.object({
  mode: z.enum(RUN_MODES),
  startTime: instant,
  endTime: instant.nullish(),
  executionId: z.string(),
  pipelineId: z.string(),
  schema: z.string(),
})

const phases = PHASES.filter((phase) => phase !== 'pipeline')

/** The schema of a {@link StepResult}. */
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

/** The schema of an {@link ExecutionResult}. */
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
 * Validates an execution result and throws WriterValidationError that lists every problem. An unknown field is a problem in `strict` mode; in
 * `lenient` mode it goes into the metadata of the step or run. An unknown field of the context goes into the metadata of the row for the run.
 */
export function checkExecution(value: ExecutionResult, mode: SchemaMode): ExecutionResult {
  assertShape(executionResultSchema, value, 'execution result')
  const { stepResults, ...rest } = value
  const inContext = contextExtras(value.context, 'context.', mode)
  return {
    ...withMetadata(withExtras(rest, executionResultSchema.shape, '', mode), inContext),
    stepResults: checkSteps(stepResults, mode),
  } as ExecutionResult
}

function checkSteps(steps: readonly StepResult[], mode: SchemaMode): StepResult[] {
  assertShape(z.array(stepResultSchema), steps, 'step results')
  return steps.map((step, at) => {
    const path = `stepResults.${at}.`
    const { executionContext } = step
    const inContext = executionContext && contextExtras(executionContext, `${path}executionContext.`, mode)
    return withMetadata(withExtras(step, stepResultSchema.shape, path, mode), inContext)
  })
}

/** Validates step results and the context that they share. There is no row for the run here, so unknown fields of the context go to the steps. */
export function checkStepsWithContext(
  steps: readonly StepResult[],
  context: ExecutionContext,
  mode: SchemaMode,
): readonly StepResult[] {
  assertShape(executionContextSchema, context, 'execution context')
  const inContext = contextExtras(context, 'context.', mode)
  return checkSteps(steps, mode).map((step) => (step.executionContext ? step : withMetadata(step, inContext)))
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
  const listed = problems.slice(0, 20).map(({ field, expected }) => `${field}: ${expected}`)
  return new WriterValidationError(`invalid ${what}: ${listed.join('; ')}`, {
    context: { problems },
    suggestions: ['Correct the fields named in context.problems.'],
  })
}

function withExtras<Value extends { readonly metadata?: Readonly<Record<string, unknown>> | null | undefined }>(
  value: Value,
  shape: Readonly<Record<string, unknown>>,
  path: string,
  mode: SchemaMode,
): Value {
  return withMetadata(value, extrasOf(value, shape, path, mode))
}

type Fields = Readonly<Record<string, unknown>>

function withMetadata<Value extends { readonly metadata?: Fields | null | undefined }>(
  value: Value,
  more: Fields = {},
): Value {
  return Object.keys(more).length === 0 ? value : { ...value, metadata: { ...value.metadata, ...more } }
}

/** Returns the fields that the model does not have, or undefined. Throws WriterValidationError in `strict` mode. */
function extrasOf(value: object, shape: Fields, path: string, mode: SchemaMode): Fields | undefined {
  const extras = Object.entries(value).filter(([name, inner]) => !Object.hasOwn(shape, name) && inner !== undefined)
  if (extras.length === 0) return undefined
  if (mode === 'lenient') return Object.fromEntries(extras)
  throw shapeError(
    'execution result',
    extras.map(([name]) => ({ field: path + name, expected: 'no such field' })),
  )
}
