import { RUN_OUTCOMES } from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'

const LIST = z.union([
  z
    .string()
    .min(1)
    .transform((one) => [one]),
  z.array(z.string().min(1)).max(50),
])

/** A text that may be given several times. */
function several(description: string, example: string) {
  return LIST.optional().openapi({
    type: 'array',
    items: { type: 'string' },
    description: `${description} May be given several times.`,
    param: { style: 'form', explode: true },
    example: [example],
  })
}

function words<const Word extends string>(choices: readonly Word[], description: string) {
  const word = z.enum(choices)
  return z
    .union([word.transform((one) => [one]), z.array(word).max(20)])
    .optional()
    .openapi({
      type: 'array',
      items: { type: 'string', enum: [...choices] },
      description: `${description} May be given several times.`,
      param: { style: 'form', explode: true },
    })
}

function text(description: string, example: string) {
  return z.string().min(1).max(1000).optional().openapi({ description, example })
}

function whole(min: number, max: number, description: string) {
  return z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .optional()
    .openapi({ type: 'integer', minimum: min, maximum: max, description })
}

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))?$/

function instant(description: string) {
  return z
    .string()
    .regex(DATE, 'must be a date, or an instant in ISO 8601 with its zone')
    .transform((given) => new Date(given))
    .refine((date) => !Number.isNaN(date.getTime()), 'is not a date')
    .optional()
    .openapi({ type: 'string', format: 'date-time', description, example: '2026-03-01T00:00:00Z' })
}

/** The parameters that choose rows by what they belong to. */
export const CHOICE = {
  pipeline: text('Only the pipeline with this id, or those whose id matches this glob.', 'etl_*'),
  owner: text('Only rows of this owner.', 'ana'),
  tag: several('Only rows with this tag.', 'nightly'),
}

/** The parameters of a period. */
export const PERIOD = {
  days: whole(1, 3650, 'The number of last days, up to now. Cannot be combined with `from`.'),
  from: instant('The start of the period, inclusive.'),
  to: instant('The end of the period, exclusive. Default: now.'),
}

/** The parameters of a list of runs. */
export const RUNS = {
  ...CHOICE,
  ...PERIOD,
  outcome: words(RUN_OUTCOMES, 'Only runs with this outcome.'),
  mode: text('Only runs of this mode.', 'incremental'),
  q: text('Only runs whose id, pipeline, step or error message contains this text.', 'timeout'),
  after: text('The `next` of the previous page.', 'WyIyMDI2LT…'),
}

export { several, text, whole, words }
