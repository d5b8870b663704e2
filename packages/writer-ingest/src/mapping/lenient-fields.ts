import { z } from 'zod'
import { rowCount } from './figures.ts'

// Each schema accepts what tools write instead of the documented type, and omits what it cannot read.

/** The schema of text; numbers and booleans become text. */
export const lenientText = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)])
  .nullish()
  .catch(undefined)

/** The maximum duration; more than a century is a mistake. */
const MAX_SECONDS = 3.2e9

/** The schema of seconds of 0 or more, also as text. */
export const lenientSeconds = z
  .union([z.number(), z.string().transform(numberOf)])
  .transform((value) => (value >= 0 && value <= MAX_SECONDS ? value : undefined))
  .nullish()
  .catch(undefined)

/** The schema of a count of 0 or more, also as text. */
export const lenientCount = z
  .unknown()
  .transform((value) => rowCount(value))
  .optional()

/** Creates the schema of a list that omits elements of another shape. */
export function lenientList<Element>(element: z.ZodType<Element>) {
  return z
    .array(z.unknown())
    .transform((values) =>
      values.flatMap((value) => {
        const parsed = element.safeParse(value)
        return parsed.success ? [parsed.data] : []
      }),
    )
    .nullish()
    .catch(undefined)
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}
