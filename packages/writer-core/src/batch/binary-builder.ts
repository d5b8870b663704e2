import type { ColumnBuilder } from './builder.ts'
import { valueListBuilder } from './value-list.ts'

const NO_BYTES = new Uint8Array(0)
const EXPECTED = 'bytes (a Uint8Array or hexadecimal text)'

/** Creates a builder of bytes; it takes Uint8Arrays and hexadecimal text, which is what reading returns. */
export function binaryBuilder(): ColumnBuilder {
  return valueListBuilder(
    NO_BYTES,
    (value) => {
      if (value instanceof Uint8Array) return { stored: Uint8Array.from(value) }
      if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(value)) return EXPECTED
      return { stored: Uint8Array.from(Buffer.from(value, 'hex')) }
    },
    (values, validity) => ({ kind: 'binary', values, validity }),
  )
}
