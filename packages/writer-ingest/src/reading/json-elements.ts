import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS, TOO_LONG } from './limits.ts'
import { hasInvalidUtf8, markInvalidUtf8, NO_UTF8, readableText } from './valid-utf8.ts'

export type JsonPiece =
  /** One element of the array, as text. */
  | { readonly kind: 'element'; readonly index: number; readonly line: number; readonly text: string }
  | {
      readonly kind: 'problem'
      readonly index: number
      readonly line: number
      readonly reason: string
      readonly text: string
    }
  /** The document around the array, the array itself emptied; always the last piece. `problem`: why it cannot be read. */
  | { readonly kind: 'envelope'; readonly text: string; readonly problem?: string }

/**
 * Takes a JSON document apart without holding it in memory: the elements of its array (the document itself, or the one under `member` of the top-level
 * object), then the rest. Elements are only delimited here, so a malformed one spoils itself alone.
 */
export async function* readJsonElements(bytes: AsyncIterable<Uint8Array>, member: string): AsyncGenerator<JsonPiece> {
  const scanner = new ElementScanner(member)
  const decoder = new TextDecoder()
  for await (const chunk of markInvalidUtf8(bytes)) yield* scanner.scan(decoder.decode(chunk, { stream: true }))
  yield* scanner.scan(decoder.decode())
  yield* scanner.end()
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN_SQUARE = 91
const CLOSE_SQUARE = 93
const OPEN_CURLY = 123
const CLOSE_CURLY = 125
const LINE_FEED = 10

class ElementScanner {
  readonly #memberEnd: RegExp
  #envelope = ''
  #element = ''
  #elementLength = 0
  #isInArray = false
  #isInString = false
  #isEscaped = false
  #depth = 0
  #line = 1
  #elementLine = 1
  #index = 0

  constructor(member: string) {
    this.#memberEnd = new RegExp(`"${member}"\\s*:\\s*$`)
  }

  *scan(text: string): Generator<JsonPiece> {
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === LINE_FEED) this.#line++
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (code === BACKSLASH) this.#isEscaped = true
        else if (code === QUOTE) this.#isInString = false
      } else if (code === QUOTE) {
        this.#isInString = true
      } else if (code === OPEN_SQUARE || code === OPEN_CURLY) {
        this.#depth++
        if (code !== OPEN_SQUARE || this.#isInArray || !this.#startsArray(text.slice(from, at))) continue
        this.#keep(text.slice(from, at + 1))
        from = at + 1
        this.#isInArray = true
        this.#depth = 0
        this.#elementLine = this.#line
      } else if (code === COMMA && this.#isInArray && this.#depth === 0) {
        yield* this.#finishElement(text.slice(from, at))
        from = at + 1
      } else if (code === CLOSE_SQUARE || code === CLOSE_CURLY) {
        this.#depth--
        if (!this.#isInArray || this.#depth >= 0) continue
        yield* this.#finishElement(text.slice(from, at))
        from = at
        this.#isInArray = false
        this.#depth = this.#envelope.trimStart().startsWith('[') ? 0 : 1
      }
    }
    this.#keep(text.slice(from))
  }

  *end(): Generator<JsonPiece> {
    if (this.#isInArray || this.#isInString || this.#depth > 0) {
      const text = this.#isInArray ? readableText(this.#element).slice(0, MAX_REJECT_CHARACTERS) : ''
      const line = this.#elementLine + breaksBefore(this.#element)
      yield { kind: 'problem', index: this.#index, line, reason: 'the document ends early', text }
    }
    const text = readableText(this.#envelope)
    yield { kind: 'envelope', text, ...(hasInvalidUtf8(this.#envelope) && { problem: NO_UTF8 }) }
  }

  #startsArray(since: string): boolean {
    const before = (this.#envelope + since).slice(-4096)
    if (this.#depth === 1) return before.trim() === '' || before.trim() === '\ufeff'
    return this.#depth === 2 && this.#memberEnd.test(before)
  }

  #keep(text: string): void {
    if (!this.#isInArray) {
      this.#envelope += text
      return
    }
    if (this.#elementLength <= MAX_RECORD_BYTES) this.#element += text
    this.#elementLength += text.length
  }

  *#finishElement(text: string): Generator<JsonPiece> {
    this.#keep(text)
    const whole = this.#element
    const isTooLong = this.#elementLength > MAX_RECORD_BYTES
    const index = this.#index
    // An element follows the comma before it, and mostly on a line of its own.
    const line = this.#elementLine + breaksBefore(whole)
    this.#element = ''
    this.#elementLength = 0
    this.#elementLine = this.#line
    if (isTooLong) {
      yield { kind: 'problem', index, line, reason: TOO_LONG, text: whole.slice(0, MAX_REJECT_CHARACTERS) }
    } else if (hasInvalidUtf8(whole)) {
      yield { kind: 'problem', index, line, reason: NO_UTF8, text: readableText(whole).slice(0, MAX_REJECT_CHARACTERS) }
    } else if (whole.trim() !== '') {
      yield { kind: 'element', index, line, text: whole.trim() }
    }
    this.#index++
  }
}

function breaksBefore(element: string): number {
  const start = element.search(/\S/)
  return start <= 0 ? 0 : element.slice(0, start).split('\n').length - 1
}
