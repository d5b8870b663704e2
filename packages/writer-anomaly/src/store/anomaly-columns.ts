import type { ColumnDefinition } from '@forge/writer-core'

const text = (name: string, description: string, nullable = false): ColumnDefinition => {
  return { name, type: 'string', nullable, description }
}
const figure = (name: string, description: string): ColumnDefinition => {
  return { name, type: 'double', nullable: true, description }
}

/** Columns of `<table>_anomalies`: a row for each finding, by its id. */
export const ANOMALY_COLUMNS: readonly ColumnDefinition[] = [
  text('id', 'The same however often the finding is made.'),
  text('type', 'Such as duration_spike.'),
  text('description', 'A sentence with the value and what was expected.'),
  text('severity', 'info, warning, error or critical.'),
  figure('score', '0-1, comparable between detectors.'),
  figure('value', 'What was seen.'),
  figure('expected', 'What was expected.'),
  figure('lower', 'Least usual value.'),
  figure('upper', 'Greatest usual value.'),
  { name: 'deviation', type: 'json', nullable: true, description: 'Absolute, relative and in robust deviations.' },
  text('metric', 'Such as duration_secs.'),
  text('pipeline', 'Pipeline of the finding.'),
  text('phase', 'Null for a whole run.', true),
  text('step', 'Null for a whole run.', true),
  text('run_id', 'Null where a run did not happen.', true),
  { name: 'detected_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'When it was first found.' },
  { name: 'occurred_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'When it happened.' },
  text('detector', 'Such as seasonal-mad.'),
  { name: 'baseline', type: 'json', nullable: true, description: 'The history that it was judged by.' },
  { name: 'evidence', type: 'json', nullable: true, description: 'The last values, and findings that contribute.' },
  text('suppressed_by', 'What silences it: a cause, cooldown, a maintenance window.', true),
]
