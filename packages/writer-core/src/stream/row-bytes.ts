const BYTES_PER_FIELD = 8

/** Estimates the size of a row in memory: 8 bytes per field, 2 bytes per character. */
export function estimatedRowBytes(row: Readonly<Record<string, unknown>>): number {
  let bytes = 0
  for (const name in row) {
    const value = row[name]
    bytes += BYTES_PER_FIELD
    if (typeof value === 'string') bytes += 2 * value.length
    else if (typeof value === 'object' && value !== null) bytes += sizeOf(value)
  }
  return bytes
}

function sizeOf(value: object): number {
  if (value instanceof Date) return BYTES_PER_FIELD
  return sizeOfFlat(value as Readonly<Record<string, unknown>>) ?? sizeOfJson(value)
}

/** Estimates the size of an object without objects in it, which most metadata is; undefined for others. */
function sizeOfFlat(value: Readonly<Record<string, unknown>>): number | undefined {
  if (Array.isArray(value)) return undefined
  let characters = 0
  for (const name in value) {
    const field = value[name]
    characters += name.length + BYTES_PER_FIELD
    if (typeof field === 'string') characters += field.length
    else if (typeof field === 'object' && field !== null) return undefined
  }
  return 2 * characters
}

function sizeOfJson(value: object): number {
  try {
    return 2 * JSON.stringify(value, bigintsAsText).length
  } catch {
    // The validation of the row reports values that JSON cannot represent.
    return 0
  }
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
