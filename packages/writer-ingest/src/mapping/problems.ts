import type { z } from 'zod'
import { shownNames } from './shown-names.ts'

/** `field: what is wrong` of the first problems. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${shownNames([issue.path.join('.')]) || 'record'}: ${issue.message}`)
    .join('; ')
}
