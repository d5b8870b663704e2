import type { ColumnVector, LogBatch } from './log-batch.ts'

/** Returns the size of the batch's values in bytes; a character of text counts as one byte. */
export function batchBytes({ vectors }: LogBatch): number {
  return vectors.reduce((sum, vector) => sum + vectorBytes(vector), 0)
}

function vectorBytes(vector: ColumnVector): number {
  const validity = vector.validity?.byteLength ?? 0
  if (vector.kind === 'text') return validity + textBytes(vector.values)
  if (vector.kind === 'dictionary') return validity + vector.values.byteLength + textBytes(vector.dictionary)
  if (vector.kind === 'decimal') return validity + vector.values.length * DECIMAL_BYTES
  if (vector.kind === 'binary') return validity + vector.values.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return validity + vector.values.byteLength
}

const DECIMAL_BYTES = 16

function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0)
}
