import type { Metadata } from '../actions/actions.ts'
import { exactInteger, exactNumber, formatExactJson, parseExactJson } from '../schema/exact-json.ts'

const STEP = 'delta.identity.step'
const MARK = 'delta.identity.highWaterMark'

type Json = Readonly<Record<string, unknown>>

/**
 * Returns the schema of `target`, with the high-water marks of identity columns in `current` if those are further on: an id that was assigned once is
 * never assigned again.
 */
export function withHighWaterMarks(target: Metadata, current: Metadata | undefined): Metadata {
  if (current === undefined || !target.schemaString.includes(STEP)) return target
  const schema = record(parseExactJson(target.schemaString))
  const currentFields = fieldsOf(record(parseExactJson(current.schemaString)))
  let isMoved = false
  const fields = fieldsOf(schema).map((field) => {
    const mark = furtherMark(
      field,
      currentFields.find(({ name }) => isSameName(name, field.name)),
    )
    if (mark === undefined) return field
    isMoved = true
    return { ...field, metadata: { ...record(field.metadata), [MARK]: exactNumber(mark) } }
  })
  return isMoved ? { ...target, schemaString: formatExactJson({ ...schema, fields }) } : target
}

/** Returns the mark of the other field if it is beyond this field's in the direction of its step. */
function furtherMark(field: Json, other: Json | undefined): bigint | undefined {
  const metadata = record(field.metadata)
  const step = exactInteger(metadata[STEP])
  const mark = exactInteger(metadata[MARK])
  const reached = exactInteger(record(other?.metadata)[MARK])
  if (step === undefined || reached === undefined) return undefined
  const isFurther = mark === undefined || (step < 0n ? reached < mark : reached > mark)
  return isFurther ? reached : undefined
}

function fieldsOf({ fields }: Json): Json[] {
  return Array.isArray(fields) ? fields.map(record) : []
}

function isSameName(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && a.toLowerCase() === b.toLowerCase()
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
