import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS, TOO_LONG } from '../reading/limits.ts'
import { hasInvalidUtf8, markInvalidUtf8, NO_UTF8, readableText } from '../reading/valid-utf8.ts'
import type { CsvDialect } from './csv-dialect.ts'

/** A cell; `isQuoted` distinguishes empty text from null. */
export interface CsvCell {
  readonly text: string
  readonly isQuoted: boolean
}

export interface CsvRecord {
  /** The line on which the record begins, from 1. */
  readonly line: number
  readonly raw: string
  readonly cells: readonly CsvCell[]
}

/** A part of the file that is not a record. */
export interface CsvProblem {
  readonly line: number
  readonly raw: string
  readonly problem: string
}

const QUOTE = 34
const BACKSLASH = 92
const LINE_FEED = 10
const RETURN = 13
const SPACE = 32

/**
 * Yields the records of a CSV file with any line endings. A quote in a cell that does not begin with a quote is text. An unclosed quote, or text
 * after a closing quote, makes the line on which the quote begins a problem, and reading continues with the next line: each record is at most one
 * problem.
 */
export async function* readCsvRecords(
  bytes: AsyncIterable<Uint8Array>,
  dialect: CsvDialect,
): AsyncGenerator<CsvRecord | CsvProblem> {
  const decoder = new TextDecoder()
  const reader = new RecordReader(dialect)
  for await (const chunk of markInvalidUtf8(bytes)) {
    reader.take(decoder.decode(chunk, { stream: true }))
    yield* reader.records()
  }
  reader.take(decoder.decode())
  reader.end()
  yield* reader.records()
}

type Scanned =
  | { readonly kind: 'record'; readonly end: number; readonly cells: readonly CsvCell[]; readonly lines: number }
  /** A problem; reading continues at `end`. */
  | { readonly kind: 'problem'; readonly end: number; readonly problem: string; readonly lines: number }
  | { readonly kind: 'more' }

class RecordReader {
  readonly #dialect: CsvDialect
  readonly #delimiter: number
  #text = ''
  #at = 0
  #line = 1
  #isLast = false
  #toSkip: number
  #hasInvalid = false
  /** Length of the text in which no record ended; it is not scanned again before there is more. */
  #needed = 0
  /** True in a line that is too long, whose rest is skipped. */
  #isInLongLine = false

  constructor(dialect: CsvDialect) {
    this.#dialect = dialect
    this.#delimiter = dialect.delimiter.charCodeAt(0)
    this.#toSkip = dialect.skippedLines
  }

  take(text: string): void {
    this.#text = this.#text.slice(this.#at) + text
    this.#at = 0
    if (hasInvalidUtf8(text)) this.#hasInvalid = true
  }

  end(): void {
    this.#isLast = true
  }

  *records(): Generator<CsvRecord | CsvProblem> {
    while (this.#at < this.#text.length) {
      const length = this.#text.length - this.#at
      if (length < this.#needed && !this.#isLast) return
      if (this.#isInLongLine || this.#toSkip > 0) {
        if (!this.#skipLine()) return
        continue
      }
      const start = this.#at
      const scanned = this.#scan(start)
      if (scanned.kind === 'more') {
        if (length <= MAX_RECORD_BYTES) {
          // It is scanned again only after it doubled, so that each character is read at most twice on average.
          this.#needed = Math.min(2 * length, MAX_RECORD_BYTES + 1)
          return
        }
        yield this.#problem(start, start + MAX_REJECT_CHARACTERS, TOO_LONG)
        this.#isInLongLine = true
        this.#needed = 0
        continue
      }
      this.#needed = 0
      this.#at = scanned.end
      const problem = scanned.kind === 'problem' ? scanned.problem : this.#invalidIn(start, scanned.end)
      if (problem !== undefined) yield this.#problem(start, scanned.end, problem)
      else if (scanned.kind === 'record' && !isEmpty(scanned.cells)) {
        yield { line: this.#line, raw: this.#text.slice(start, scanned.end), cells: scanned.cells }
      }
      this.#line += scanned.lines
    }
  }

  #problem(start: number, end: number, problem: string): CsvProblem {
    const raw = readableText(this.#text.slice(start, Math.min(end, start + MAX_REJECT_CHARACTERS)))
    return { line: this.#line, raw, problem }
  }

  #invalidIn(start: number, end: number): string | undefined {
    return this.#hasInvalid && hasInvalidUtf8(this.#text.slice(start, end)) ? NO_UTF8 : undefined
  }

  /** Skips the rest of a line; returns false if it has not ended yet. */
  #skipLine(): boolean {
    const end = this.#lineEnd(this.#at)
    if (end === undefined) {
      this.#at = this.#text.endsWith('\r') ? this.#text.length - 1 : this.#text.length
      return false
    }
    this.#at = end
    this.#line++
    if (this.#isInLongLine) this.#isInLongLine = false
    else this.#toSkip--
    return true
  }

  /** Returns the start of the line after this position, or undefined if more text is needed. */
  #lineEnd(from: number): number | undefined {
    for (let at = from; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === LINE_FEED) return at + 1
      if (code === RETURN) return this.#afterReturn(at)
    }
    return this.#isLast ? this.#text.length : undefined
  }

  #afterReturn(at: number): number | undefined {
    if (at + 1 < this.#text.length) return this.#text.charCodeAt(at + 1) === LINE_FEED ? at + 2 : at + 1
    return this.#isLast ? at + 1 : undefined
  }

  #scan(start: number): Scanned {
    const text = this.#text
    const cells: CsvCell[] = []
    let lines = 1
    let at = start
    for (;;) {
      const opened = this.#dialect.trims ? this.#afterBlanks(at) : at
      if (text.charCodeAt(opened) === QUOTE) {
        const quoted = this.#scanQuoted(opened)
        if (quoted.kind !== 'cell') return quoted.kind === 'more' ? quoted : { ...quoted, lines: lines + quoted.lines }
        cells.push({ text: quoted.text, isQuoted: true })
        lines += quoted.lines
        at = this.#afterBlanks(quoted.end)
      } else {
        const end = this.#cellEnd(at)
        const cell = text.slice(at, end)
        cells.push({ text: this.#dialect.trims ? cell.trim() : cell, isQuoted: false })
        at = end
      }
      if (at >= text.length) return this.#isLast ? { kind: 'record', end: at, cells, lines } : { kind: 'more' }
      if (text.charCodeAt(at) === this.#delimiter) {
        at++
        if (at >= text.length && !this.#isLast) return { kind: 'more' }
        continue
      }
      const end = this.#lineEnd(at)
      return end === undefined ? { kind: 'more' } : { kind: 'record', end, cells, lines }
    }
  }

  #cellEnd(from: number): number {
    let at = from
    for (; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === this.#delimiter || code === LINE_FEED || code === RETURN) break
    }
    return at
  }

  #afterBlanks(from: number): number {
    let at = from
    while (this.#text.charCodeAt(at) === SPACE) at++
    return at
  }

  #scanQuoted(opened: number): QuotedCell | Exclude<Scanned, { kind: 'record' }> {
    const text = this.#text
    let cell = ''
    let from = opened + 1
    for (let at = from; ; at++) {
      at = this.#nextSpecial(at)
      if (at === -1) return this.#unclosed(opened)
      const next = text.charCodeAt(at + 1)
      if (Number.isNaN(next) && !this.#isLast) return { kind: 'more' }
      const isEscape = text.charCodeAt(at) === BACKSLASH
      if (isEscape ? next === QUOTE || next === BACKSLASH : next === QUOTE) {
        cell += text.slice(from, at)
        from = ++at
      } else if (!isEscape) {
        const end = this.#afterBlanks(at + 1)
        if (end >= text.length && !this.#isLast) return { kind: 'more' }
        const after = text.charCodeAt(end)
        const isEnd = end >= text.length || after === this.#delimiter || after === LINE_FEED || after === RETURN
        if (!isEnd) return this.#spoiled(opened, at)
        return { kind: 'cell', text: cell + text.slice(from, at), end: at + 1, lines: breaksIn(text, opened, at) }
      }
    }
  }

  /** Returns the position of the next quote, or of the next backslash if backslashes escape. */
  #nextSpecial(from: number): number {
    const quote = this.#text.indexOf('"', from)
    if (!this.#dialect.hasBackslashes) return quote
    const end = quote === -1 ? this.#text.length : quote
    for (let at = from; at < end; at++) if (this.#text.charCodeAt(at) === BACKSLASH) return at
    return quote
  }

  #unclosed(opened: number): Scanned & { readonly kind: 'problem' | 'more' } {
    const isOver = this.#isLast || this.#text.length - opened > MAX_RECORD_BYTES
    return isOver ? this.#spoiledLine(opened, 'unclosed quote') : { kind: 'more' }
  }

  /** Handles text after a closing quote. If the quote spans lines, it was probably meant to end on its own line. */
  #spoiled(opened: number, closed: number): Scanned & { readonly kind: 'problem' | 'more' } {
    const problem = 'text after a closing quote'
    const isOneLine = breaksIn(this.#text, opened, closed) === 0
    return this.#spoiledLine(isOneLine ? closed : opened, problem)
  }

  #spoiledLine(from: number, problem: string): Scanned & { readonly kind: 'problem' | 'more' } {
    const end = this.#lineEnd(from)
    return end === undefined ? { kind: 'more' } : { kind: 'problem', end, problem, lines: 0 }
  }
}

interface QuotedCell {
  readonly kind: 'cell'
  readonly text: string
  /** The position after the closing quote. */
  readonly end: number
  readonly lines: number
}

function isEmpty(cells: readonly CsvCell[]): boolean {
  return cells.length === 1 && cells[0]?.text.trim() === '' && !cells[0].isQuoted
}

/** Counts the line breaks between two positions; CRLF is one. */
function breaksIn(text: string, start: number, end: number): number {
  let breaks = 0
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === LINE_FEED || (code === RETURN && text.charCodeAt(at + 1) !== LINE_FEED)) breaks++
  }
  return breaks
}
