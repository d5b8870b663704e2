import type { ColumnDefinition } from '@forge/writer-core'

const text = (name: string, description: string, nullable = false): ColumnDefinition => {
  return { name, type: 'string', nullable, description }
}
const figure = (name: string, description: string): ColumnDefinition => {
  return { name, type: 'double', nullable: true, description }
}

/** The columns of `<table>_anomalies`, which has one row for each anomaly, by its id. */
export const ANOMALY_COLUMNS: readonly ColumnDefinition[] = [
  text('id', 'Id; the same each time that the anomaly is detected.'),
  text('type', 'Type, such as duration_spike.'),
  text('description', 'A sentence with the value and the expected range.'),
  text('severity', 'info, warning, error or critical.'),
  figure('score', '0-1, comparable between detectors.'),
  figure('value', 'The observed value.'),
  figure('expected', 'The expected value.'),
  figure('lower', 'Lower end of the usual range.'),
  figure('upper', 'Upper end of the usual range.'),
  {
    name: 'deviation',
    type: 'json',
    nullable: true,
    description: 'Deviation: absolute, relative, and in robust deviations.',
  },
  text('metric', 'Metric, such as duration_secs.'),
  text('pipeline', 'Pipeline of the anomaly.'),
  text('phase', 'Null for a whole run.', true),
  text('step', 'Null for a whole run.', true),
  text('run_id', 'Null if the run did not happen.', true),
  { name: 'detected_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'Time of the first detection.' },
  {
    name: 'occurred_at',
    type: 'timestamp',
    nullable: false,
    unit: 'UTC',
    description: 'Time of the run, or when it was due.',
  },
  text('detector', 'Detector, such as seasonal-mad.'),
  { name: 'baseline', type: 'json', nullable: true, description: 'The history by which it was judged.' },
  {
    name: 'evidence',
    type: 'json',
    nullable: true,
    description: 'The last values, and the ids of anomalies that contribute.',
  },
  text('suppressed_by', 'What suppresses it: the id of its cause, cooldown, a maintenance window.', true),
]
