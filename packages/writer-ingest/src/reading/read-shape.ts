import { jsonErrorOffset } from '@forge/writer-core/storage'
import type { z } from 'zod'
import { problemsOf } from '../mapping/problems.ts'
import { parseJson } from './parse-json.ts'

/** Parses JSON text of a given shape. Returns the value, or the reason why the text is invalid. */
export function readShape<Shape extends object>(text: string, schema: z.ZodType<Shape>): Shape | string {
  try {
    const parsed = schema.safeParse(parseJson(text))
    return parsed.success ? parsed.data : problemsOf(parsed.error)
  } catch (error) {
    return jsonProblem(text, error)
  }
}

/** Returns why a text is not valid JSON, without quoting it; `error` is the one of the parser. */
export function jsonProblem(text: string, error: unknown): string {
  if (error instanceof RangeError) return error.message
  const offset = jsonErrorOffset(text)
  return offset === undefined ? 'not valid JSON' : `not valid JSON at character ${offset + 1}`
}
