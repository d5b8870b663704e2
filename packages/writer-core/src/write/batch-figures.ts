import { batchBytes } from '../batch/batch-bytes.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { vectorOf } from '../batch/select.ts'

/** The figures of stored batches. */
export interface BatchFigures {
  bytes: number
  /** Number of steps. The row of the whole run is left out, since it would count its steps twice. */
  steps: number
  rateSum: number
  /** The rows that the steps processed, and the sum of their validation rates weighted by these rows. */
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
  // Local variables instead of an object: each new sum in a field would allocate.
  let [steps, rateSum, weightSum, weightedSum] = [0, 0, 0, 0]
  for (let row = 0; row < batch.rowCount; row++) {
    if (isRun(row)) continue
    const rate = rates.values[row] ?? 0
    // The value is read as two words, since a bigint per row would dominate the cost.
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
