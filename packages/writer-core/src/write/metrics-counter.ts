import { megabytes } from '../storage/table-info.ts'
import { addFigures, type BatchFigures, noFigures } from './batch-figures.ts'

/** The figures of a writer since it was created or reset. */
export interface WriterMetrics {
  readonly totalWrites: number
  readonly successfulWrites: number
  readonly failedWrites: number
  /** Share of successful writes, in percent; 100 before the first write. */
  readonly successRatePercent: number
  readonly totalDurationSecs: number
  readonly averageDurationSecs: number
  readonly totalRowsWritten: number
  /** Average validation rate, weighted by rows_processed; null before the first row. */
  readonly averageValidationRate: number | null
  readonly memoryUsagePeakMb: number
}

/** Counts what a writer did since it was created or reset. */
export interface MetricsCounter {
  /** Counts a successful write. `figures` covers only what this write stored, not rows that were already there. */
  succeeded(write: {
    readonly durationSecs: number
    readonly rowsWritten: number
    readonly figures: readonly BatchFigures[]
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
    succeeded({ durationSecs, rowsWritten, figures }) {
      counts.successful++
      counts.durationSecs += durationSecs
      counts.rowsWritten += rowsWritten
      for (const each of figures) addFigures(counts.figures, each)
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
        averageValidationRate: averageRate(counts.figures),
        memoryUsagePeakMb: megabytes(counts.peakBytes),
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
    figures: noFigures(),
    peakBytes: 0,
  }
}

/** Returns the average validation rate, weighted by rows; if no row processed anything, all have the same weight. */
function averageRate({ steps, rateSum, weight, weightedSum }: BatchFigures): number | null {
  if (steps === 0) return null
  return weight > 0 ? weightedSum / weight : rateSum / steps
}
