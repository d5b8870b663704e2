import { WriterTableError } from '@forge/writer-core'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/**
 * Decodes the Z85 variant of Base85: 5 characters for 4 bytes, big-endian. If the last group lacks bytes, some writers put one `#` at its start for
 * each; a full group never starts with one.
 */
export function decodeZ85(text: string): Uint8Array {
  if (text.length % 5 !== 0) throw notZ85()
  const lacking = /^#{0,3}/.exec(text.slice(-5))?.[0].length ?? 0
  const bytes = new Uint8Array((text.length / 5) * 4)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < text.length; at += 5) {
    const isShort = lacking > 0 && at + 5 === text.length
    const value = groupValue(text.slice(isShort ? at + lacking : at, at + 5)) * (isShort ? 256 ** lacking : 1)
    if (value > 0xffffffff) throw notZ85()
    view.setUint32((at / 5) * 4, value)
  }
  return bytes.subarray(0, bytes.length - lacking)
}

function groupValue(group: string): number {
  let value = 0
  for (const character of group) {
    const digit = ALPHABET.indexOf(character)
    if (digit === -1) throw notZ85()
    value = value * 85 + digit
  }
  return value
}

function notZ85(): WriterTableError {
  return new WriterTableError('a deletion vector is not Z85 text')
}
