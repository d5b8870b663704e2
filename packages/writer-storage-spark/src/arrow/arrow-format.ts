// The numbers of Arrow's columnar format, version 1.5: Schema.fbs and Message.fbs.

export const METADATA_V5 = 4
export const HEADER = { schema: 1, recordBatch: 3 } as const
export const TYPE = {
  null: 1,
  int: 2,
  floatingPoint: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  timestamp: 10,
  largeBinary: 19,
  largeUtf8: 20,
} as const
export const FLOAT_SINGLE = 1
export const FLOAT_DOUBLE = 2
export const DAYS = 0
export const MICROSECONDS = 2
/** The start of a message. A message without metadata ends the stream. */
export const CONTINUATION = 0xff_ff_ff_ff

/** Returns the number of bytes with padding: buffers and messages start at multiples of 8. */
export function padTo8(bytes: number): number {
  return (bytes + 7) & ~7
}
