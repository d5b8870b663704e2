export { type BacktestOptions, type BacktestResult, backtest, type IncidentLabel } from './backtest/backtest.ts'
export { type TuneOptions, type TuneResult, tuneSensitivity } from './backtest/tune-sensitivity.ts'
export { type DetectionResult, type DetectOptions, type DetectRowsOptions, detectAnomalies } from './detect/detect.ts'
export { type EvaluateOptions, evaluateDetection } from './detect/evaluate-detection.ts'
export { type ExpectedOptions, type ExpectedReport, readExpected } from './detect/read-expected.ts'
export type { ExpectedPoint } from './expected/expected-point.ts'
export type { Feedback, FeedbackKind } from './feedback/feedback.ts'
export { addFeedback, type FeedbackInput, readFeedback } from './feedback/feedback-store.ts'
export { errorSignature } from './findings/error-cluster.ts'
export { type AnomalyExplanation, explainAnomaly } from './findings/explanation.ts'
export {
  type AnomalyModel,
  anomalyModel,
  type ExpectationOptions,
  type ModelOptions,
  type UpdateOptions,
} from './model/anomaly-model.ts'
export type { SavedModel } from './model/serialize.ts'
export type { AnomalyOptions } from './options/anomaly-options.ts'
export { stepRunsOfBatch } from './series/from-batch.ts'
export { stepRunsOfRows } from './series/from-rows.ts'
export type { StepRun } from './series/step-run.ts'
export { ANOMALY_COLUMNS } from './store/anomaly-columns.ts'
export { anomalyTable, readAnomalies, saveAnomalies } from './store/anomaly-store.ts'
export { findAnomaly } from './store/find-anomaly.ts'
export { type AnomalyWatch, type AnomalyWatchOptions, anomalyWatch } from './watch/anomaly-watch.ts'
