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
 * mode; in `lenient` mode it goes into the metadata of the step or run.
 */
export function checkedExecution(value: ExecutionResult, mode: SchemaMode): ExecutionResult {
  assertShape(executionResultSchema, value, 'execution result')
  const { stepResults, ...rest } = value
  return {
    ...withExtras(rest, executionResultSchema.shape, '', mode),
    stepResults: checkedSteps(stepResults, mode),
  } as ExecutionResult
}

export function checkedSteps(steps: readonly StepResult[], mode: SchemaMode): StepResult[] {
  assertShape(z.array(stepResultSchema), steps, 'step results')
  return steps.map((step, at) => withExtras(step, stepResultSchema.shape, `stepResults.${at}.`, mode))
}

export function checkedContext(context: ExecutionContext): ExecutionContext {
  assertShape(executionContextSchema, context, 'execution context')
  return context
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
  const extras = Object.entries(value).filter(([name, inner]) => !Object.hasOwn(shape, name) && inner !== undefined)
  if (extras.length === 0) return value
  if (mode === 'lenient') return { ...value, metadata: { ...value.metadata, ...Object.fromEntries(extras) } }
  throw shapeError(
    'execution result',
    extras.map(([name]) => ({ field: path + name, expected: 'no such field' })),
  )
}
