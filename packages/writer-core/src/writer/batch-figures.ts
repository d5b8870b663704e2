import { batchBytes } from '../batch/batch-bytes.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { vectorOf } from '../batch/select.ts'

/** What is counted of stored batches. */
export interface BatchFigures {
  bytes: number
  /** Steps; the row of the whole run stands beside its steps, and would count them twice. */
  steps: number
  rateSum: number
  /** Rows that the steps processed, and the sum of rates weighted by them. */
  weight: number
  weightedSum: number
}

export function noFigures(): BatchFigures {
  return { bytes: 0, steps: 0, rateSum: 0, weight: 0, weightedSum: 0 }
}

export function addFigures(figures: BatchFigures, more: BatchFigures): void {
  figures.bytes += more.bytes
  figures.steps += more.steps
  figures.rateSum += more.rateSum
  figures.weight += more.weight
  figures.weightedSum += more.weightedSum
}

export function batchFigures(batch: LogBatch): BatchFigures {
  const bytes = batchBytes(batch)
  const rates = vectorOf(batch, 'validation_rate')
  const processed = vectorOf(batch, 'rows_processed')
  if (rates?.kind !== 'double' || processed?.kind !== 'int64') return { ...noFigures(), bytes }
  const isRun = runRows(vectorOf(batch, 'phase'))
  const words = new DataView(processed.values.buffer, processed.values.byteOffset, processed.values.byteLength)
  // Not in an object: each sum would be a new one on the heap.
  let [steps, rateSum, weightSum, weightedSum] = [0, 0, 0, 0]
  for (let row = 0; row < batch.rowCount; row++) {
    if (isRun(row)) continue
    const rate = rates.values[row] ?? 0
    // As two words: a bigint for each row would be the slowest of all this.
    const weight = words.getInt32(row * 8 + 4, true) * 4_294_967_296 + words.getUint32(row * 8, true)
    steps++
    rateSum += rate
    weightSum += weight
    weightedSum += rate * weight
  }
  return { bytes, steps, rateSum, weight: weightSum, weightedSum }
}

function runRows(phases: ColumnVector | undefined): (row: number) => boolean {
  if (phases?.kind === 'text') return (row) => phases.values[row] === 'pipeline'
  if (phases?.kind !== 'dictionary') return () => false
  const code = phases.dictionary.indexOf('pipeline')
  return code < 0 ? () => false : (row) => phases.values[row] === code
}
