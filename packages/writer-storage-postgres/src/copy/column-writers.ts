import { endianness } from 'node:os'
import { type ColumnType, WriterSchemaError } from '@forge/writer-core'
import { type ColumnVector, decimalShape, isValid, type Validity } from '@forge/writer-core/storage'
import { numericBytes } from './numeric-bytes.ts'

/** The memory of a part of the rows. `places` has the place of the next field of each row. */
export interface RowMemory {
  readonly bytes: Buffer
  readonly view: DataView
  readonly places: Uint32Array
}

/** Writes one column of the rows `from` to `to` (exclusive), each field with its length before it. */
export interface ColumnWriter {
  /** Adds the bytes of each field to the sizes of the rows. */
  addSizes(from: number, to: number, sizes: Uint32Array): void
  write(from: number, to: number, memory: RowMemory): void
}

/** The microseconds and days from 1970 to 2000, with which the server's times start. */
const MICROS_TO_2000 = 946_684_800_000_000
const DAYS_TO_2000 = 10_957
const LENGTH_BYTES = 4
const NULL_LENGTH = -1

/** Creates the writer of a column, whose vector has the type of the table. */
export function columnWriter(vector: ColumnVector, type: ColumnType, name: string): ColumnWriter {
  const { validity } = vector
  switch (vector.kind) {
    case 'int64':
      return fixedWriter(validity, 8, putInt64(vector.values, type === 'timestamp' ? MICROS_TO_2000 : 0))
    case 'int32':
      return int32Writer(vector.values, validity, type)
    case 'double': {
      const { values } = vector
      if (type !== 'float') {
        return fixedWriter(validity, 8, (view, place, row) => view.setFloat64(place, values[row] ?? 0))
      }
      return fixedWriter(validity, 4, (view, place, row) => view.setFloat32(place, values[row] ?? 0))
    }
    case 'boolean': {
      const { values } = vector
      return fixedWriter(validity, 1, (view, place, row) => view.setUint8(place, values[row] ?? 0))
    }
    case 'decimal': {
      const { values } = vector
      const scale = decimalShape(type)?.scale ?? 0
      return bytesWriter(validity, (row) => numericBytes(values[row] ?? 0n, scale))
    }
    case 'binary': {
      const { values } = vector
      return bytesWriter(validity, (row) => values[row] ?? NO_BYTES)
    }
    case 'text':
      return textWriter(validity, vector.values, name)
    case 'dictionary': {
      const { values, dictionary } = vector
      const words: Buffer[] = []
      return bytesWriter(validity, (row) => {
        const code = values[row] ?? 0
        const word = words[code] ?? Buffer.from(storable(dictionary[code] ?? '', name))
        words[code] = word
        return word
      })
    }
  }
}

function int32Writer(values: Int32Array, validity: Validity, type: ColumnType): ColumnWriter {
  if (type === 'int16' || type === 'int8') {
    return fixedWriter(validity, 2, (view, place, row) => view.setInt16(place, values[row] ?? 0))
  }
  const start = type === 'date' ? DAYS_TO_2000 : 0
  return fixedWriter(validity, 4, (view, place, row) => view.setInt32(place, (values[row] ?? 0) - start))
}

/** Creates the writer of the position of each row, as a column of int32. */
export function positionWriter(): ColumnWriter {
  return fixedWriter(null, 4, (view, place, row) => view.setInt32(place, row))
}

const NO_BYTES = new Uint8Array(0)

/** Writes the value of a row. */
type Put = (view: DataView, place: number, row: number) => void

/** Creates the writer of values of one size. */
function fixedWriter(validity: Validity, size: number, put: Put): ColumnWriter {
  const step = LENGTH_BYTES + size
  return {
    addSizes(from, to, sizes) {
      for (let row = from; row < to; row++) {
        sizes[row - from] = (sizes[row - from] ?? 0) + (isValid(validity, row) ? step : LENGTH_BYTES)
      }
    },
    write(from, to, { view, places }) {
      for (let row = from; row < to; row++) {
        const place = places[row - from] ?? 0
        if (!isValid(validity, row)) {
          view.setInt32(place, NULL_LENGTH)
          places[row - from] = place + LENGTH_BYTES
          continue
        }
        view.setInt32(place, size)
        put(view, place + LENGTH_BYTES, row)
        places[row - from] = place + step
      }
    },
  }
}

const IS_LITTLE = endianness() === 'LE'
const HALF = 2 ** 32

/** Returns how 64-bit integers are written, less `start`: by their halves, as a bigint for each value would cost more than all else. */
function putInt64(values: BigInt64Array, start: number): Put {
  const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const [low, high] = IS_LITTLE ? [0, 1] : [1, 0]
  const [startLow, startHigh] = [start % HALF, Math.floor(start / HALF)]
  return (view, place, row) => {
    const rest = (halves[row * 2 + low] ?? 0) - startLow
    view.setUint32(place, (halves[row * 2 + high] ?? 0) - startHigh - (rest < 0 ? 1 : 0))
    view.setUint32(place + 4, rest)
  }
}

/** Creates the writer of values of any size. */
function bytesWriter(validity: Validity, bytesOf: (row: number) => Uint8Array): ColumnWriter {
  return {
    addSizes(from, to, sizes) {
      for (let row = from; row < to; row++) {
        const bytes = isValid(validity, row) ? bytesOf(row).byteLength : 0
        sizes[row - from] = (sizes[row - from] ?? 0) + LENGTH_BYTES + bytes
      }
    },
    write(from, to, { bytes: memory, view, places }) {
      for (let row = from; row < to; row++) {
        const place = places[row - from] ?? 0
        const bytes = isValid(validity, row) ? bytesOf(row) : undefined
        view.setInt32(place, bytes ? bytes.byteLength : NULL_LENGTH)
        if (bytes) memory.set(bytes, place + LENGTH_BYTES)
        places[row - from] = place + LENGTH_BYTES + (bytes?.byteLength ?? 0)
      }
    },
  }
}

/** Creates the writer of texts that are mostly different. */
function textWriter(validity: Validity, values: readonly string[], name: string): ColumnWriter {
  return {
    addSizes(from, to, sizes) {
      for (let row = from; row < to; row++) {
        const bytes = isValid(validity, row) ? Buffer.byteLength(storable(values[row] ?? '', name)) : 0
        sizes[row - from] = (sizes[row - from] ?? 0) + LENGTH_BYTES + bytes
      }
    },
    write(from, to, { bytes: memory, view, places }) {
      for (let row = from; row < to; row++) {
        const place = places[row - from] ?? 0
        const isPresent = isValid(validity, row)
        const bytes = isPresent ? memory.write(values[row] ?? '', place + LENGTH_BYTES, 'utf8') : 0
        view.setInt32(place, isPresent ? bytes : NULL_LENGTH)
        places[row - from] = place + LENGTH_BYTES + bytes
      }
    },
  }
}

function storable(text: string, column: string): string {
  if (!text.includes('\0')) return text
  throw new WriterSchemaError(`column ${column} has text with a NUL, which PostgreSQL cannot store`, {
    context: { column, columns: [column] },
    suggestions: ['Remove NUL characters, or use another storage.'],
    committed: 'no',
  })
}
