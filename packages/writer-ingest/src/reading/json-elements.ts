import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS, TOO_LONG } from './limits.ts'
import { hasInvalidUtf8, markInvalidUtf8, NO_UTF8, readableText } from './valid-utf8.ts'

export type JsonPiece =
  /** One element of the array as text. */
  | { readonly kind: 'element'; readonly index: number; readonly line: number; readonly text: string }
  | {
      readonly kind: 'problem'
      readonly index: number
      readonly line: number
      readonly reason: string
      readonly text: string
    }
  /**
   * The document around the array, with the array emptied; always the last piece. `hasArray` is true if there is an array; `problem` says why the
   * document cannot be read.
   */
  | {
      readonly kind: 'envelope'
      readonly text: string
      readonly hasArray: boolean
      readonly problem?: string | undefined
    }

/**
 * Splits a JSON document without holding it in memory: first the elements of its array (the document itself, or the array under one of `members` of
 * the top-level object), then the rest. Elements are only delimited here, so a malformed element affects no other. Consecutive documents, with or
 * without a line break between them, are elements, too. Each character is read once.
 */
export async function* readJsonElements(
  bytes: AsyncIterable<Uint8Array>,
  ...members: readonly string[]
): AsyncGenerator<JsonPiece> {
  const scanner = new ElementScanner(members)
  const decoder = new TextDecoder()
  for await (const chunk of markInvalidUtf8(bytes)) yield* scanner.scan(decoder.decode(chunk, { stream: true }))
  yield* scanner.scan(decoder.decode())
  yield* scanner.end()
}

/** Returns the consecutive JSON values in a text, or the whole text if its brackets do not separate any. */
export function splitValues(text: string): string[] {
  const scanner = new ElementScanner([])
  const pieces = [...scanner.scan(text), ...scanner.end()]
  const texts = pieces.flatMap((piece) => (piece.text === '' ? [] : [piece.text]))
  return pieces.some(({ kind }) => kind === 'problem') ? [text] : texts
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN_SQUARE = 91
const CLOSE_SQUARE = 93
const OPEN_CURLY = 123
const CLOSE_CURLY = 125
const LINE_FEED = 10
const COLON = 58
const SPACE = 32

/** `envelope`: in the first object or before it; `array`: in its array, or the first; `sequence`: in values after the first. */
type State = 'envelope' | 'array' | 'sequence'

class ElementScanner {
  readonly #members: ReadonlySet<string>
  readonly #maxKeyLength: number
  #state: State = 'envelope'
  #envelope = ''
  #envelopeLength = 0
  #hasArray = false
  /** True if the first value has ended. */
  #isAfterFirst = false
  #element = ''
  #elementLength = 0
  #isInString = false
  #isEscaped = false
  /** The string that was read last directly in the first object, and whether a colon follows it. */
  #key = ''
  #isKeyOpen = false
  #hasColon = false
  /** Open brackets; in an array those of the current element. */
  #depth = 0
  /** Open brackets around the array. */
  #depthOutside = 0
  #line = 1
  #elementLine = 1
  #index = 0

  constructor(members: readonly string[]) {
    this.#members = new Set(members)
    this.#maxKeyLength = Math.max(0, ...members.map(({ length }) => length))
  }

  *scan(text: string): Generator<JsonPiece> {
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === LINE_FEED) this.#line++
      if (this.#isInString) {
        this.#readInString(code)
      } else if (code === QUOTE) {
        this.#isInString = true
        this.#isKeyOpen = this.#state === 'envelope' && this.#depth === 1 && this.#members.size > 0
        if (this.#isKeyOpen) this.#key = ''
      } else if (code === OPEN_SQUARE || code === OPEN_CURLY) {
        if (this.#isAfterFirst && this.#depth === 0 && this.#state === 'envelope') {
          this.#keep(text.slice(from, at))
          from = at
          yield* this.#beginSequence()
        }
        if (code === OPEN_SQUARE && this.#startsArray()) {
          this.#keep(text.slice(from, at + 1))
          from = at + 1
          this.#beginArray()
        } else {
          this.#depth++
          this.#hasColon = false
        }
      } else if (code === COMMA && this.#state === 'array' && this.#depth === 0) {
        yield* this.#finishElement(text.slice(from, at))
        from = at + 1
      } else if (code === CLOSE_SQUARE || code === CLOSE_CURLY) {
        if (this.#state === 'array' && this.#depth === 0) {
          yield* this.#finishElement(text.slice(from, at))
          from = at
          this.#state = 'envelope'
          this.#depth = this.#depthOutside
        }
        this.#depth--
        if (this.#depth > 0) continue
        if (this.#state === 'envelope') this.#isAfterFirst = true
        if (this.#state !== 'sequence') continue
        yield* this.#finishElement(text.slice(from, at + 1))
        from = at + 1
        this.#depth = 0
      } else if (code === COLON) {
        this.#hasColon = true
      } else if (code > SPACE) {
        this.#hasColon = false
      }
    }
    this.#keep(text.slice(from))
  }

  *end(): Generator<JsonPiece> {
    if (this.#state === 'sequence' && this.#depth <= 0 && !this.#isInString) yield* this.#finishElement('')
    else if (this.#state !== 'envelope' || this.#isInString || this.#depth > 0) {
      const text = this.#state === 'envelope' ? '' : readableText(this.#element).slice(0, MAX_REJECT_CHARACTERS)
      const line = this.#elementLine + breaksBefore(this.#element)
      yield { kind: 'problem', index: this.#index, line, reason: 'the document ends early', text }
    }
    const text = readableText(this.#envelope)
    const hasArray = this.#hasArray
    if (this.#envelopeLength > MAX_RECORD_BYTES) {
      yield { kind: 'envelope', text: text.slice(0, MAX_REJECT_CHARACTERS), hasArray, problem: TOO_LONG }
    } else {
      yield { kind: 'envelope', text, hasArray, ...(hasInvalidUtf8(this.#envelope) && { problem: NO_UTF8 }) }
    }
  }

  #readInString(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (code === BACKSLASH) this.#isEscaped = true
    else if (code === QUOTE) {
      this.#isInString = false
      this.#isKeyOpen = false
      this.#hasColon = false
      return
    }
    // One character more than the longest member name is enough.
    if (this.#isKeyOpen && this.#key.length <= this.#maxKeyLength) this.#key += String.fromCharCode(code)
  }

  /** Returns whether the current bracket opens the array of the document. */
  #startsArray(): boolean {
    if (this.#state !== 'envelope' || this.#hasArray) return false
    if (this.#depth === 0) return !this.#isAfterFirst
    return this.#depth === 1 && this.#hasColon && this.#members.has(this.#key)
  }

  #beginArray(): void {
    this.#state = 'array'
    this.#hasArray = true
    this.#depthOutside = this.#depth + 1
    this.#depth = 0
    this.#elementLine = this.#line
  }

  /** A first object without an array is the first element of what follows. */
  *#beginSequence(): Generator<JsonPiece> {
    this.#state = 'sequence'
    const first = this.#envelope.slice(0, endOfValue(this.#envelope))
    if (!this.#hasArray) {
      this.#envelope = ''
      this.#element = first
      this.#elementLength = this.#envelopeLength
      this.#envelopeLength = 0
      yield* this.#finishElement('')
    }
    this.#elementLine = this.#line
  }

  #keep(text: string): void {
    if (this.#state === 'envelope') {
      if (this.#envelopeLength <= MAX_RECORD_BYTES) this.#envelope += text
      this.#envelopeLength += text.length
      return
    }
    this.#keepElement(text)
  }

  *#finishElement(text: string): Generator<JsonPiece> {
    this.#keepElement(text)
    const whole = this.#state === 'sequence' ? this.#element.replace(/^[\s,]+/, '') : this.#element
    const isTooLong = this.#elementLength > MAX_RECORD_BYTES
    const index = this.#index
    // An element follows the comma before it, and usually begins on a new line.
    const line = this.#elementLine + breaksBefore(this.#element)
    this.#element = ''
    this.#elementLength = 0
    this.#elementLine = this.#line
    if (isTooLong) {
      yield { kind: 'problem', index, line, reason: TOO_LONG, text: whole.slice(0, MAX_REJECT_CHARACTERS) }
    } else if (hasInvalidUtf8(whole)) {
      yield { kind: 'problem', index, line, reason: NO_UTF8, text: readableText(whole).slice(0, MAX_REJECT_CHARACTERS) }
    } else if (whole.trim() !== '') {
      yield { kind: 'element', index, line, text: whole.replace(/^\ufeff/, '').trim() }
    }
    this.#index++
  }

  #keepElement(text: string): void {
    if (this.#elementLength <= MAX_RECORD_BYTES) this.#element += text
    this.#elementLength += text.length
  }
}

/** Counts the line breaks before the first character that is not blank. */
function breaksBefore(element: string): number {
  let breaks = 0
  for (let at = 0; at < element.length; at++) {
    const code = element.charCodeAt(at)
    if (code === LINE_FEED) breaks++
    else if (code > SPACE && code !== COMMA) break
  }
  return breaks
}

/** Returns the length of a text without the blanks and commas at its end. It reads only these: an expression such as `[\s,]+$` starts again at each blank. */
export function endOfValue(text: string): number {
  let end = text.length
  while (end > 0 && /[\s,]/.test(text.charAt(end - 1))) end--
  return end
}
