/** The maximum length of a record; longer ones are rejected. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

/** The maximum length of the kept text of a rejected record. */
export const MAX_REJECT_CHARACTERS = 64 * 1024

export const TOO_LONG = 'record is longer than 16 MB'

/** The maximum depth of JSON; deeper records are rejected. */
export const MAX_DEPTH = 1000
