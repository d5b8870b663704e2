import type { z } from 'zod'
import { shownNames } from './shown-names.ts'

/** Returns the first problems of an error as `field: problem`. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${shownNames([issue.path.join('.')]) || 'record'}: ${issue.message}`)
    .join('; ')
}
