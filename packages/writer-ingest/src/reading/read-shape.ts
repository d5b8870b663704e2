import type { z } from 'zod'
import { problemsOf } from '../mapping/problems.ts'
import { parseJson } from './parse-json.ts'

/** Parses JSON text of a given shape. Returns the value, or the reason why the text is invalid. */
export function readShape<Shape extends object>(text: string, schema: z.ZodType<Shape>): Shape | string {
  try {
    const parsed = schema.safeParse(parseJson(text))
    return parsed.success ? parsed.data : problemsOf(parsed.error)
  } catch (error) {
    return jsonProblem(error)
  }
}

/** Returns why a text is not valid JSON, without quoting it. */
export function jsonProblem(error: unknown): string {
  if (error instanceof RangeError) return error.message
  return `not valid JSON: ${error instanceof Error ? error.message : String(error)}`
}
