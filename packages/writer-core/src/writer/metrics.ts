export interface WriterMetrics {
  readonly totalWrites: number
  readonly successfulWrites: number
  readonly failedWrites: number
  /** 0-100; 100 before the first write. */
  readonly successRatePercent: number
  readonly totalDurationSecs: number
  readonly averageDurationSecs: number
  readonly totalRowsWritten: number
  /** Weighted by rows_processed; null before the first row. */
  readonly averageValidationRate: number | null
  readonly memoryUsagePeakMb: number
}
