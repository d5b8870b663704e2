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
