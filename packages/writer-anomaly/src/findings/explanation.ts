import type { Anomaly, AnomalyType } from '@forge/writer-core'
import { figure } from './wording.ts'

/** What a person on call wants to know of one finding. */
export interface AnomalyExplanation {
  /** What this kind of finding means, and where to look first. */
  readonly meaning: string
  /** How it was decided: what was seen, what was expected, by which history. A sentence each. */
  readonly reasons: readonly string[]
  /** Why people are not told; undefined where they are. */
  readonly silence?: string | undefined
  /** What to run when the finding is wrong, or right. */
  readonly answers: readonly { readonly command: string; readonly does: string }[]
}

const MEANINGS: Readonly<Record<AnomalyType, string>> = {
  duration_spike:
    'The step took much longer than its like runs did with so many rows. Look for load, locks, and plans that changed.',
  duration_drop: 'The step took much less time than its like runs did. Look for work that was skipped.',
  row_count_drop:
    'The step had far fewer rows than its like runs. Look at the source, and at filters and joins that changed.',
  row_count_spike:
    'The step had far more rows than its like runs. Look for input that was read twice, and for joins that multiply.',
  zero_rows:
    'The step had no rows at a time when it nearly always has some. Look at the source and at the credentials for it.',
  validation_rate_drop:
    'More rows than usual broke a rule, or fewer than 90 % were valid. Look at what the rejected rows have in common.',
  write_ratio: 'The step wrote another share of what it processed than before: rows get lost, or multiply.',
  failure_rate: 'The step fails run after run, or more often than it used to. Look at its errors.',
  run_missing: 'The pipeline did not run when it was due. Look at the scheduler.',
  run_late:
    'The pipeline started later than its own scatter explains, or has not started yet. Look at the scheduler and its queue.',
  step_missing:
    'The run is over by its usual span and lacks a step that runs like it have. Look for a task that was skipped or removed.',
  step_new: 'The pipeline ran a step that it never had. As a rule somebody has deployed it.',
  level_shift:
    'Five runs in a row stand at a new level, which is now what is expected. Look for a change that was made then.',
  trend: 'The figure has grown or fallen steadily for weeks. Look at what grows, before a limit is reached.',
  variance_change:
    'Durations scatter three times as much as they used to, around whatever level. Look for load that comes and goes.',
  stuck_value:
    'The number of rows stays the same where it used to vary. Look for an input that is read again and again.',
  error_cluster: 'The log shows an error that it never had, or one that suddenly comes often.',
  correlated_run:
    'Many steps of one run are out of order together. Look for what they share: the machine, the source, the day.',
}

const SEASONS: Readonly<Record<Anomaly['baseline']['seasonality'], string>> = {
  none: 'no rhythm was found in them',
  hour: 'by the hour of the day',
  dow: 'by the weekday',
  hour_of_week: 'by weekday and hour',
  dom: 'by the days at the end of a month',
}

/** Explains one finding in the words of the page on anomalies: what it means, how it was decided, and how to say that it was wrong. */
export function explainAnomaly(anomaly: Anomaly): AnomalyExplanation {
  return {
    meaning: MEANINGS[anomaly.type],
    reasons: [...bandOf(anomaly), ...historyOf(anomaly), ...strengthOf(anomaly)],
    ...(anomaly.suppressed_by !== undefined && { silence: silenceOf(anomaly.suppressed_by) }),
    answers: [
      {
        command: `forge-writer feedback expected ${anomaly.id}`,
        does: 'it is fine: learned as it is, and its like told no more',
      },
      { command: `forge-writer feedback incident ${anomaly.id}`, does: 'it was an incident: not learned' },
    ],
  }
}

function bandOf({ metric, value, expected, lower, upper, deviation }: Anomaly): string[] {
  if (value === null) return []
  const usual = expected === null ? '' : `; ${figure(expected)} was expected`
  const band =
    lower !== null && upper !== null ? `, and ${figure(lower)} to ${figure(upper)} would not have been told` : ''
  const change = deviation.relative === null ? '' : `, a change of ${figure(100 * deviation.relative)} %`
  return [`${metric} was ${figure(value)}${usual}${change}${band}.`]
}

function historyOf({ baseline, detector, evidence }: Anomaly): string[] {
  const { n, from, to, seasonality, status } = baseline
  const sentences =
    n === 0 ? [] : [`It was judged by ${n} values before it${spanOf(from, to)}: ${SEASONS[seasonality]}.`]
  if (status === 'warming')
    sentences.push('Little is known of the series yet: only threefold changes are told, and as warnings.')
  if (evidence?.contributing)
    sentences.push(`It stands for ${evidence.contributing.length} findings about single steps.`)
  return [...sentences, `The detector was ${detector}.`]
}

function spanOf(from: string | null, to: string | null): string {
  if (from === null || to === null) return ''
  return ` (${from.slice(0, 10)} to ${to.slice(0, 10)})`
}

function strengthOf({ score, severity, deviation }: Anomaly): string[] {
  const z = deviation.robust_z
  const distance = z === null ? '' : `, ${figure(Math.abs(z))} robust deviations of the series away`
  return [`Its score is ${figure(score)}${distance}; that and the size of the change make it of severity ${severity}.`]
}

function silenceOf(by: string): string {
  const [kind = '', id = ''] = by.split(':')
  switch (kind) {
    case 'cooldown':
      return 'The same was told within the last 24 hours or 5 runs.'
    case 'weekend_like_day':
      return 'The day looks like a weekend, or is one on which most of the world rests.'
    case 'renamed':
      return `The pipeline goes on under the name ${id}.`
    case 'maintenance':
      return `The time was said to be maintenance (feedback ${id}).`
    case 'expected':
      return `Its like was said to be expected (feedback ${id}).`
    default:
      return `It follows from the finding ${by}, which is told.`
  }
}
