import type { ColumnType, ColumnVector, Validity } from '@forge/writer-core'

/** Takes values that are of the plain type of a column, part after part in the same memory. */
export interface PlainColumn {
  /** Starts a part. */
  start(): void
  /** Row after row of the part, from 0. False where the value has another type. Undefined and null are null. */
  take(value: unknown, row: number): boolean
  /** Of the rows of the part; gone when the next one starts. */
  vector(rowCount: number): ColumnVector
}

/** Of at most so many rows a part; undefined for types whose values have several forms. */
export function plainColumn(type: ColumnType, mostRows: number): PlainColumn | undefined {
  switch (type) {
    case 'string':
      return textColumn(mostRows)
    case 'double':
    case 'float':
      return doubleColumn(mostRows)
    case 'int64':
      return wholeColumn(mostRows, (value) => (Number.isSafeInteger(value) ? (value as number) : Number.NaN))
    case 'timestamp':
      return wholeColumn(mostRows, (value) => (value instanceof Date ? value.getTime() * 1000 : Number.NaN))
    case 'boolean':
      return booleanColumn(mostRows)
    default:
      return undefined
  }
}

/** Beyond so many different texts a dictionary is worth nothing. */
const MOST_WORDS = 1024

function textColumn(mostRows: number): PlainColumn {
  const nulls = nullMarks(mostRows)
  const codes = new Uint32Array(mostRows)
  // Nulls have code 0.
  const codeOf = new Map<string, number>([['', 0]])
  let texts: string[] | undefined
  let [last, lastCode] = ['', 0]
  const leaveDictionary = (rows: number) => {
    const words = [...codeOf.keys()]
    texts = new Array<string>(mostRows).fill('')
    for (let row = 0; row < rows; row++) texts[row] = words[codes[row] ?? 0] ?? ''
  }
  return {
    start: nulls.start,
    take(value, row) {
      if (typeof value !== 'string') return nulls.mark(value, row)
      if (texts) {
        if (!value.isWellFormed()) return false
        texts[row] = value
        return true
      }
      if (value !== last) {
        const known = codeOf.get(value)
        if (known === undefined && !value.isWellFormed()) return false
        last = value
        lastCode = known ?? codeOf.size
        if (known === undefined) codeOf.set(value, lastCode)
      }
      codes[row] = lastCode
      if (lastCode >= MOST_WORDS) leaveDictionary(row + 1)
      return true
    },
    vector: (rowCount) =>
      texts
        ? { kind: 'text', values: texts, validity: nulls.validity() }
        : {
            kind: 'dictionary',
            values: codes.subarray(0, rowCount),
            dictionary: [...codeOf.keys()],
            validity: nulls.validity(),
          },
  }
}

function doubleColumn(mostRows: number): PlainColumn {
  const nulls = nullMarks(mostRows)
  const values = new Float64Array(mostRows)
  return {
    start: nulls.start,
    take(value, row) {
      if (typeof value !== 'number') return nulls.mark(value, row)
      values[row] = value
      return true
    },
    vector: (rowCount) => ({ kind: 'double', values: values.subarray(0, rowCount), validity: nulls.validity() }),
  }
}

const TWO_32 = 4_294_967_296

/** `wholeOf`: the value as a whole number that a double holds exactly, else NaN. */
function wholeColumn(mostRows: number, wholeOf: (value: unknown) => number): PlainColumn {
  const nulls = nullMarks(mostRows)
  const values = new BigInt64Array(mostRows)
  // Two stores of 32 bits: a bigint for every number would have to be made and collected.
  const words = new Int32Array(values.buffer)
  return {
    start: nulls.start,
    take(value, row) {
      if (value === null || value === undefined) return nulls.mark(value, row)
      const whole = wholeOf(value)
      if (!Number.isSafeInteger(whole)) return false
      words[row * 2] = whole | 0
      words[row * 2 + 1] = Math.floor(whole / TWO_32)
      return true
    },
    vector: (rowCount) => ({ kind: 'int64', values: values.subarray(0, rowCount), validity: nulls.validity() }),
  }
}

function booleanColumn(mostRows: number): PlainColumn {
  const nulls = nullMarks(mostRows)
  const values = new Uint8Array(mostRows)
  return {
    start: nulls.start,
    take(value, row) {
      if (typeof value !== 'boolean') return nulls.mark(value, row)
      values[row] = value ? 1 : 0
      return true
    },
    vector: (rowCount) => ({ kind: 'boolean', values: values.subarray(0, rowCount), validity: nulls.validity() }),
  }
}

interface NullMarks {
  start(): void
  /** False where the value is not null. */
  mark(value: unknown, row: number): boolean
  validity(): Validity
}

function nullMarks(mostRows: number): NullMarks {
  let bits: Uint8Array | undefined
  let hasNulls = false
  return {
    start() {
      if (hasNulls) bits?.fill(0xff)
      hasNulls = false
    },
    mark(value, row) {
      if (value !== null && value !== undefined) return false
      // The bytes of whole 64-bit words, as a validity is.
      bits ??= new Uint8Array(((mostRows + 63) >> 6) << 3).fill(0xff)
      bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7))
      hasNulls = true
      return true
    },
    validity: () => (hasNulls && bits ? bits : null),
  }
}
