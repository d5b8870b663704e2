/** A record longer than this is a reject. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

/** Of a rejected record, this much is kept. */
export const MAX_REJECT_CHARACTERS = 64 * 1024

export const TOO_LONG = 'record is longer than 16 MB'

/** JSON that is nested deeper is a reject. */
export const MAX_DEPTH = 1000
