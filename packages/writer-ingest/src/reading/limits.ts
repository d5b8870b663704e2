/** The maximum length of a record; longer ones are rejected. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

/** The maximum length of all texts of the rows in one commit. */
export const MAX_CHUNK_CHARACTERS = 32 * 1024 * 1024

/** The maximum length of all texts that an adapter holds until the end of a file. */
export const MAX_HELD_CHARACTERS = 128 * 1024 * 1024

export const TOO_MUCH = 'the file holds more than 128 MB that belong together'

/** The maximum length of the kept text of a rejected record. */
export const MAX_REJECT_CHARACTERS = 64 * 1024

export const TOO_LONG = 'record is longer than 16 MB'

/** The maximum depth of JSON; deeper records are rejected. */
export const MAX_DEPTH = 1000

/** Returns the length of all texts in a value that JSON can hold, its names included; other values count as eight characters. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textLength(each), 0)
  if (typeof value !== 'object' || value === null) return 8
  let length = 0
  for (const [name, each] of Object.entries(value)) length += name.length + textLength(each)
  return length
}
