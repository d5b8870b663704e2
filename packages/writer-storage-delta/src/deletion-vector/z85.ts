import { WriterTableError } from '@forge/writer-core'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** Decodes the Z85 variant of Base85: 5 characters for 4 bytes, big-endian. */
export function decodeZ85(text: string): Uint8Array {
  if (text.length % 5 !== 0) throw new WriterTableError('a deletion vector is not Z85 text')
  const bytes = new Uint8Array((text.length / 5) * 4)
  const view = new DataView(bytes.buffer)
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = ALPHABET.indexOf(character)
      if (digit === -1) throw new WriterTableError('a deletion vector is not Z85 text')
      value = value * 85 + digit
    }
    if (value > 0xffffffff) throw new WriterTableError('a deletion vector is not Z85 text')
    view.setUint32(group * 4, value)
  }
  return bytes
}
