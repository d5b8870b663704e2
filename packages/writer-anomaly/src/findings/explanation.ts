import type { Anomaly, AnomalyType } from '@forge/writer-core'
import { figure } from './wording.ts'

/** The explanation of an anomaly for a person on call. */
export interface AnomalyExplanation {
  /** The meaning of this type of anomaly, and the first place to look at. */
  readonly meaning: string
  /** The reasons for the decision: what was seen, what was expected, and by which history. One sentence each. */
  readonly reasons: readonly string[]
  /** The reason why the anomaly is suppressed; undefined if it is reported. */
  readonly silence?: string | undefined
  /** The commands that answer whether the anomaly is right or wrong. */
  readonly answers: readonly { readonly command: string; readonly does: string }[]
}

const MEANINGS: Readonly<Record<AnomalyType, string>> = {
  duration_spike:
    'The step took much longer than in similar runs with as many rows. Look for load, locks, and plans that changed.',
  duration_drop: 'The step took much less time than in similar runs. Look for work that was skipped.',
  row_count_drop:
    'The step had far fewer rows than in similar runs. Look at the source, and at filters and joins that changed.',
  row_count_spike:
    'The step had far more rows than in similar runs. Look for input that was read twice, and for joins that multiply rows.',
  zero_rows:
    'The step had no rows at a time when it nearly always has some. Look at the source and at the credentials for it.',
  validation_rate_drop:
    'More rows than usual broke a rule, or fewer than 90 % were valid. Look at what the rejected rows have in common.',
  write_ratio: 'The step wrote a different share of its processed rows than before: rows get lost, or multiply.',
  failure_rate: 'The step fails run after run, or more often than it used to. Look at its errors.',
  run_missing: 'The pipeline did not run when it was due. Look at the scheduler.',
  run_late:
    'The pipeline started later than its own scatter explains, or has not started yet. Look at the scheduler and its queue.',
  step_missing:
    'The run is over, judged by its usual span, and lacks a step that similar runs have. Look for a task that was skipped or removed.',
  step_new: 'The pipeline ran a step that it never had before. Usually somebody has deployed it.',
  level_shift:
    'Five runs in a row are at a new level, which is expected from now on. Look for a change that was made then.',
  trend: 'The figure has grown or fallen steadily for weeks. Look at what grows, before a limit is reached.',
  variance_change:
    'Durations scatter three times as much as before, whatever their level. Look for load that comes and goes.',
  stuck_value:
    'The number of rows stays the same although it used to vary. Look for an input that is read again and again.',
  error_cluster: 'The log shows an error that it never had before, or one that suddenly comes often.',
  correlated_run:
    'Many steps of one run are unusual together. Look for what they share: the machine, the source, the day.',
}

const SEASONS: Readonly<Record<Anomaly['baseline']['seasonality'], string>> = {
  none: 'no season was found in them',
  hour: 'by the hour of the day',
  dow: 'by the weekday',
  hour_of_week: 'by weekday and hour',
  dom: 'by the days at the end of a month',
}

/** Explains an anomaly: what it means, how it was decided, and how to give feedback on it. */
export function explainAnomaly(anomaly: Anomaly): AnomalyExplanation {
  return {
    meaning: MEANINGS[anomaly.type],
    reasons: [...bandOf(anomaly), ...historyOf(anomaly), ...strengthOf(anomaly)],
    silence: anomaly.suppressedBy === undefined ? undefined : silenceOf(anomaly.suppressedBy),
    answers: [
      {
        command: `forge-writer feedback expected ${anomaly.id}`,
        does: 'it is fine: learn it, and do not report similar values again',
      },
      { command: `forge-writer feedback incident ${anomaly.id}`, does: 'it was an incident: do not learn it' },
    ],
  }
}

function bandOf({ metric, value, expected, lower, upper, deviation }: Anomaly): string[] {
  if (value === null) return []
  const usual = expected === null ? '' : `; ${figure(expected)} was expected`
  const band =
    lower !== null && upper !== null ? `, and ${figure(lower)} to ${figure(upper)} would not have been reported` : ''
  const change = deviation.relative === null ? '' : `, a change of ${figure(100 * deviation.relative)} %`
  return [`${metric} was ${figure(value)}${usual}${change}${band}.`]
}

function historyOf({ baseline, detector, evidence }: Anomaly): string[] {
  const { n, from, to, seasonality, status } = baseline
  const sentences =
    n === 0 ? [] : [`It was judged by the ${n} values before it${spanOf(from, to)}: ${SEASONS[seasonality]}.`]
  if (status === 'warming')
    sentences.push('Little is known of the series yet: only threefold changes are reported, and only as warnings.')
  if (evidence?.contributing)
    sentences.push(`It summarises ${evidence.contributing.length} findings about single steps.`)
  if (detector === 'burst')
    sentences.push(
      'The step runs at least hourly, so that its rows were also judged by the runs before, this hour of the day, or this hour of the week, whichever predicts best.',
    )
  return [...sentences, `The detector was ${detector}.`]
}

function spanOf(from: string | null, to: string | null): string {
  if (from === null || to === null) return ''
  return ` (${from.slice(0, 10)} to ${to.slice(0, 10)})`
}

function strengthOf({ score, severity, deviation }: Anomaly): string[] {
  const z = deviation.robustZ
  const distance = z === null ? '' : `, ${figure(Math.abs(z))} robust deviations of the series away`
  return [`Its score is ${figure(score)}${distance}; that and the size of the change make it of severity ${severity}.`]
}

function silenceOf(by: string): string {
  const [kind = '', id = ''] = by.split(':')
  switch (kind) {
    case 'cooldown':
      return 'The same was reported within the last 24 hours or 5 runs.'
    case 'weekend_like_day':
      return 'The day looks like a weekend, or is one on which most of the world rests.'
    case 'steps_as_usual':
      return 'All steps of the run have as many rows as usual; one of them has none now and then.'
    case 'renamed':
      return `The pipeline continues under the name ${id}.`
    case 'maintenance':
      return `It happened during maintenance (feedback ${id}).`
    case 'expected':
      return `Similar values are expected (feedback ${id}).`
    default:
      return `It follows from the reported finding ${by}.`
  }
}
