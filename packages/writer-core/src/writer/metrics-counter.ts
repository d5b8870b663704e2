import type { LogBatch } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import { columnIndex } from '../batch/select.ts'
import type { WriterMetrics } from './metrics.ts'

const BYTES_PER_MB = 1024 * 1024

/** Counts what a writer did since it was made or reset. */
export interface MetricsCounter {
  /** `batches` are those that were stored now, not those that were there before. */
  succeeded(write: {
    readonly durationSecs: number
    readonly rowsWritten: number
    readonly batches: readonly LogBatch[]
  }): void
  failed(durationSecs: number): void
  read(): WriterMetrics
  reset(): void
}

export function metricsCounter(): MetricsCounter {
  let counts = noCounts()
  const samplePeak = () => {
    counts.peakBytes = Math.max(counts.peakBytes, process.memoryUsage.rss())
  }
  return {
    succeeded({ durationSecs, rowsWritten, batches }) {
      counts.successful++
      counts.durationSecs += durationSecs
      counts.rowsWritten += rowsWritten
      for (const batch of batches) addRates(batch, counts)
      samplePeak()
    },
    failed(durationSecs) {
      counts.failed++
      counts.durationSecs += durationSecs
      samplePeak()
    },
    read() {
      samplePeak()
      const total = counts.successful + counts.failed
      return {
        totalWrites: total,
        successfulWrites: counts.successful,
        failedWrites: counts.failed,
        successRatePercent: total === 0 ? 100 : (counts.successful / total) * 100,
        totalDurationSecs: counts.durationSecs,
        averageDurationSecs: total === 0 ? 0 : counts.durationSecs / total,
        totalRowsWritten: counts.rowsWritten,
        averageValidationRate: averageRate(counts),
        memoryUsagePeakMb: counts.peakBytes / BYTES_PER_MB,
      }
    },
    reset() {
      counts = noCounts()
    },
  }
}

function noCounts() {
  return {
    successful: 0,
    failed: 0,
    durationSecs: 0,
    rowsWritten: 0,
    rows: 0,
    rateSum: 0,
    weight: 0,
    weightedSum: 0,
    peakBytes: 0,
  }
}

/** The row of the whole run stands beside its steps, and would count them twice. */
function addRates(batch: LogBatch, counts: ReturnType<typeof noCounts>): void {
  const [rates, processed, phases] = ['validation_rate', 'rows_processed', 'phase'].map(
    (name) => batch.vectors[columnIndex(batch, name)],
  )
  if (rates?.kind !== 'double' || processed?.kind !== 'int64') return
  for (let row = 0; row < batch.rowCount; row++) {
    if (phases && valueAt(phases, 'string', row) === 'pipeline') continue
    const rate = rates.values[row] ?? 0
    const weight = Number(processed.values[row] ?? 0n)
    counts.rows++
    counts.rateSum += rate
    counts.weight += weight
    counts.weightedSum += rate * weight
  }
}

/** Where no row processed anything, all weigh alike. */
function averageRate({ rows, rateSum, weight, weightedSum }: ReturnType<typeof noCounts>): number | null {
  if (rows === 0) return null
  return weight > 0 ? weightedSum / weight : rateSum / rows
}
