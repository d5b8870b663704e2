import { parseDurationMs, type RecordRequest } from '@forge/writer-record/command'
import {
  choice,
  flag,
  integer,
  list,
  type OptionSpec,
  type OptionValues,
  repeatable,
  text,
  toggle,
} from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'

/** Options of `record`. */
export const RECORD_OPTIONS = {
  pipeline: text('Pipeline id; default: the name of the command', { value: 'id' }),
  step: text('Name of the step; default: the whole run is recorded, without steps', { value: 'name' }),
  phase: choice(['bronze', 'silver', 'gold'], 'Phase of the step; default: silver', { value: 'phase' }),
  tag: list('Tags of the run, by which alerts are routed'),
  owner: text('Owner of the run, by which alerts are routed', { value: 'name' }),
  timeout: duration('End the command with SIGTERM after this time; the exit code is 124; 0: never'),
  killAfter: duration(
    'Kill the command with SIGKILL if it still runs this long after a timeout; 0: never; default: 30s',
  ),
  retries: integer('Number of further attempts if the command fails', { max: 1000, default: 0 }),
  retryDelay: duration('Delay before each further attempt; default: 0'),
  retryOn: codes('Exit codes that are retried; default: all except 126 and 127'),
  ifRunning: choice(['wait', 'skip', 'fail'], 'What to do if the pipeline is already running; default: run it twice'),
  skipCode: integer('Exit code of a run that is skipped', { max: 255, default: 0 }),
  jitter: duration('Maximum of a random delay before the start, so that the jobs of one minute do not start together'),
  recordTimeout: duration('Maximum time that storing the run may delay the exit; default: 10s'),
  quietOnSuccess: flag('Show the output only if the command fails, for cron'),
  capture: choice(
    ['stderr', 'all', 'none'],
    'Streams whose first and last lines are kept; default: stderr, unless it is a terminal',
  ),
  output: toggle('Keep the captured output of successful runs, too; --no-output keeps none at all'),
  collect: repeatable(
    'Record the steps that the command reports: dbt, openlineage or junit, with =FILE if the file is not in its usual place',
    {
      value: 'kind',
    },
  ),
  waitGroup: flag('Wait until the processes that the command leaves behind have ended'),
  shell: flag('Run the words as one line of the shell'),
  metricsFd: integer('File descriptor to which the command may write figures, in addition to the file $FORGE_METRICS', {
    min: 3,
    max: 255,
  }),
  metricsPrefix: text(
    'Beginning of lines of standard output that are figures, such as metric:; they are passed on, too',
    {
      value: 'text',
    },
  ),
}

export type RecordOptionValues = OptionValues<typeof RECORD_OPTIONS>

const DEFAULTS = { killAfterMs: 30_000, recordTimeoutMs: 10_000 }

/** Returns the request that the options make. */
export function requestOf(options: RecordOptionValues, command: readonly string[]): RecordRequest {
  const { tag, owner } = options
  const metadata = { ...(tag && { tags: tag }), ...(owner && { owner }) }
  return {
    command,
    shell: options.shell,
    pipelineId: options.pipeline,
    stepName: options.step,
    phase: options.phase,
    metadata,
    timeoutMs: options.timeout,
    killAfterMs: options.killAfter ?? DEFAULTS.killAfterMs,
    retries: options.retries,
    retryDelayMs: options.retryDelay ?? 0,
    retryOn: options.retryOn,
    ifRunning: options.ifRunning,
    skipCode: options.skipCode,
    jitterMs: options.jitter ?? 0,
    recordTimeoutMs: options.recordTimeout ?? DEFAULTS.recordTimeoutMs,
    quietOnSuccess: options.quietOnSuccess,
    capture: options.output === false ? 'none' : (options.capture ?? 'auto'),
    keepOutput: options.output === true,
    waitGroup: options.waitGroup,
    metricsFd: options.metricsFd,
    metricsPrefix: options.metricsPrefix,
  }
}

function duration(description: string): OptionSpec<number | undefined> {
  const parse = (given: string) => {
    const durationMs = parseDurationMs(given)
    if (durationMs === undefined) throw new UsageError('must be a duration of at most 24 days, such as 30s, 5m or 2h')
    return durationMs
  }
  return { description, value: 'time', parse }
}

function codes(description: string): OptionSpec<readonly number[] | undefined> {
  const parse = (given: string, previous: readonly number[] | undefined) => {
    const numbers = given.split(',').map((word) => (/^\s*\d+\s*$/.test(word) ? Number(word) : Number.NaN))
    if (!numbers.every((each) => each >= 1 && each <= 255))
      throw new UsageError('must be exit codes from 1 to 255, separated by commas')
    return [...(previous ?? []), ...numbers]
  }
  return { description, value: 'codes', repeatable: true, parse }
}
