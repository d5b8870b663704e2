import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type ColumnVector, isValid, valueAt } from '@forge/writer-core/storage'
import {
  appendBytes,
  appendSafe,
  appendText,
  type ByteSink,
  byteSink,
  isFull,
  type SafeCodes,
  takeBytes,
} from './byte-sink.ts'
import { appendDouble, appendWhole, instantAppender, wholeNumbers } from './number-bytes.ts'
import { rememberedBytes } from './remembered-bytes.ts'

/** The way in which a format writes the values of a column. */
export interface CellStyle {
  /** The text before each value, as a separator or a key. */
  readonly lead: string
  /** The text of a null. */
  readonly none: string
  /** Returns any text as the format writes it. */
  quote(text: string): string
  /** The characters of which text that is not empty can consist if {@link mark} around it is quoting enough. */
  readonly safe: SafeCodes
  /** What stands around text that needs no other quoting: times, dates, decimals, bytes, NaN and the infinities. */
  readonly mark: string
}

/** The text between and around rows. */
export interface RowStyle {
  readonly columns: readonly CellColumn[]
  /** The text before a row that is not the first. */
  readonly between: string
  /** The text after the cells of a row. */
  readonly end: string
}

type AppendCell = (sink: ByteSink, index: number) => void

/** The cells of one column, batch after batch. */
type CellColumn = (vector: ColumnVector) => AppendCell

/** Gives the bytes of the rows of batches, in chunks of bounded size. */
export async function* rowBytes(
  batches: AsyncIterable<LogBatch>,
  { columns, between, end }: RowStyle,
): AsyncGenerator<Uint8Array> {
  const sink = byteSink()
  const [separator, tail] = [Buffer.from(between), Buffer.from(end)]
  let isFirst = true
  for await (const { rowCount, vectors } of batches) {
    const cells = columns.flatMap((column, at) => (vectors[at] ? [column(vectors[at])] : []))
    for (let index = 0; index < rowCount; index++) {
      if (!isFirst) appendBytes(sink, separator)
      isFirst = false
      for (const append of cells) append(sink, index)
      appendBytes(sink, tail)
      if (isFull(sink)) yield takeBytes(sink)
    }
  }
  if (sink.length > 0) yield takeBytes(sink)
}

/** Creates the writer of the cells of a column. */
export function cellColumn(column: ColumnDefinition, style: CellStyle): CellColumn {
  const none = Buffer.from(style.lead + style.none)
  const append = cellAppender(column, style)
  return (vector) => {
    const { validity } = vector
    const appendValue = append(vector)
    if (validity === null) return appendValue
    return (sink, index) => (isValid(validity, index) ? appendValue(sink, index) : appendBytes(sink, none))
  }
}

function cellAppender({ type }: ColumnDefinition, style: CellStyle): CellColumn {
  const lead = Buffer.from(style.lead)
  const before = Buffer.from(style.lead + style.mark)
  const mark = Buffer.from(style.mark)
  const appendQuoted = textAppender(style, before, mark)
  const appendInstant = instantAppender()
  const appendPlain = (sink: ByteSink, text: string) => {
    appendBytes(sink, before)
    appendText(sink, text)
    appendBytes(sink, mark)
  }
  const appendAny = (sink: ByteSink, text: string) => {
    appendBytes(sink, lead)
    appendText(sink, text)
  }
  return (vector) => {
    switch (vector.kind) {
      case 'dictionary':
        return (sink, index) => appendQuoted(sink, vector.dictionary[vector.values[index] ?? 0] ?? '')
      case 'text':
        return (sink, index) => appendQuoted(sink, vector.values[index] ?? '')
      case 'boolean':
        return (sink, index) => appendAny(sink, vector.values[index] === 1 ? 'true' : 'false')
      case 'double':
        return (sink, index) => {
          const value = vector.values[index] ?? 0
          if (!Number.isFinite(value)) return appendPlain(sink, String(value))
          appendBytes(sink, lead)
          return appendDouble(sink, value)
        }
      case 'int64': {
        const numbers = wholeNumbers(vector.values)
        return (sink, index) => {
          const number = numbers(index)
          if (!Number.isSafeInteger(number)) {
            if (type === 'timestamp') appendPlain(sink, String(valueAt(vector, type, index)))
            else appendAny(sink, String(vector.values[index] ?? 0n))
          } else if (type === 'timestamp') {
            appendBytes(sink, before)
            appendInstant(sink, number)
            appendBytes(sink, mark)
          } else {
            appendBytes(sink, lead)
            appendWhole(sink, number)
          }
        }
      }
      case 'int32':
        if (type === 'date') break
        return (sink, index) => {
          appendBytes(sink, lead)
          appendWhole(sink, vector.values[index] ?? 0)
        }
    }
    return (sink, index) => appendPlain(sink, String(valueAt(vector, type, index)))
  }
}

function textAppender(
  { lead, quote, safe }: CellStyle,
  before: Buffer,
  mark: Buffer,
): (sink: ByteSink, text: string) => void {
  const { find } = rememberedBytes((text) => Buffer.from(lead + quote(text)))
  return (sink, text) => {
    const known = find(text)
    if (known !== undefined) return appendBytes(sink, known)
    const start = sink.length
    appendBytes(sink, before)
    if (text !== '' && appendSafe(sink, text, safe)) return appendBytes(sink, mark)
    sink.length = start
    appendText(sink, lead + quote(text))
  }
}
