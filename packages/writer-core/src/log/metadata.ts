import { isObject } from '../options/option-checks.ts'

/** Returns the fields of the metadata of a row, which is an object or JSON text. Everything else has no fields. */
export function metadataFields(metadata: unknown): Readonly<Record<string, unknown>> {
  const value = typeof metadata === 'string' ? parseJson(metadata) : metadata
  return isObject(value) ? value : {}
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
