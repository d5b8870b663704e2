import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS, TOO_LONG } from './limits.ts'
import { NO_UTF8 } from './valid-utf8.ts'

export type Line =
  | { readonly line: number; readonly text: string }
  /** A line that is too long or not valid UTF-8; `text` is its beginning. */
  | { readonly line: number; readonly text: string; readonly problem: string }

/** Yields the lines of UTF-8 text without line breaks, numbered from 1. A line of more than 16 MB is not held in memory. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const lenient = new TextDecoder()
  let line = 0
  let kept: Uint8Array[] = []
  let length = 0
  const take = (part: Uint8Array) => {
    // Bytes beyond the limit are only counted.
    if (length <= MAX_RECORD_BYTES) kept.push(part)
    length += part.length
  }
  const finish = (): Line => {
    line++
    const whole = Buffer.concat(kept)
    const isTooLong = length > MAX_RECORD_BYTES
    kept = []
    length = 0
    if (isTooLong) return { line, text: lenient.decode(whole.subarray(0, MAX_REJECT_CHARACTERS)), problem: TOO_LONG }
    try {
      return { line, text: decoder.decode(whole).replace(/\r$/, '') }
    } catch {
      return { line, text: lenient.decode(whole).slice(0, MAX_REJECT_CHARACTERS), problem: NO_UTF8 }
    }
  }
  for await (const chunk of bytes) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, at))
      yield finish()
      from = at + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
  }
  if (length > 0) yield finish()
}
