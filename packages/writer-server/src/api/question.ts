import type { ServiceLevelSettings, TableSource } from '@forge/writer-core'
import type { z } from '@hono/zod-openapi'
import type { TableState } from '../live/table-state.ts'

/** The source that a question is asked of. */
export interface QuestionContext {
  readonly source: TableSource
  readonly state: TableState
  /** The service levels; those of the settings if undefined. */
  readonly levels: readonly ServiceLevelSettings[] | undefined
  readonly timeZone: string
  readonly now: () => Date
}

/** One question of the API: its path, its parameters, and its answer. */
export interface Question<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Answer extends z.ZodType = z.ZodType,
> {
  /** The path below `/api/v1`, with parameters such as `{runId}`. */
  readonly path: string
  readonly summary: string
  readonly params: Params
  readonly query: Query
  readonly answer: Answer
  /** Reads the answer. Throws ProblemError, or an error of forge-writer. */
  read(asked: z.output<Params> & z.output<Query>, context: QuestionContext): Promise<Frozen<z.output<Answer>>>
}

/** The same, with nothing that can be changed. */
type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

/** Returns a question whose types are inferred, as one of many. */
export function defineQuestion<Params extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodType>(
  question: Question<Params, Query, Answer>,
): Question {
  // The registry checks the parameters by the question's own schemas before it calls `read`.
  return question as unknown as Question
}
