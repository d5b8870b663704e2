import { PHASES, type Phase, RUN_MODES, type RunMode, type WriteMode } from '@forge/writer-core'
import { type OptionChecks, option } from '@forge/writer-core/storage'

/** The options of a run in code. */
export interface RunOptions {
  readonly pipelineId: string
  /**
   * The id of the run. Default: a new UUID. In a process that a recorded command has started, the default is the run of that command: this run is
   * then one of its steps.
   */
  readonly runId?: string | undefined
  /** The mode of the run. Default: `incremental`. */
  readonly mode?: RunMode | undefined
  /** The schema that the pipeline writes to. Default: that of the log. */
  readonly schema?: string | undefined
  /** The phase of steps that name none. Default: `silver`. */
  readonly phase?: StepPhase | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Aborts the run: its `signal` and those of its steps. */
  readonly signal?: AbortSignal | undefined
  /**
   * The absolute path whose folder `<path>.spool` shows that the run goes on, and keeps what cannot be stored. Default: the location of the storage,
   * if that is an absolute path. `false`: no folder; then a run whose process dies leaves nothing.
   */
  readonly spool?: string | false | undefined
  /** Called if the run could not be stored. Default: the logger of the writer. The result of the work is not affected. */
  readonly onProblem?: ((problem: unknown) => void) | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  /** The environment that names an outer run. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

export type StepPhase = Exclude<Phase, 'pipeline'>

/** The options of a step. */
export interface StepOptions {
  /** The phase of the step. Default: that of the step or run around it. */
  readonly phase?: StepPhase | undefined
  /** The kind of step. Default: `step`. */
  readonly type?: string | undefined
  /** Further attempts after one that failed. Each attempt is a row. Default: 0. */
  readonly retries?: number | undefined
  /** Milliseconds before each further attempt. Default: 0. */
  readonly retryDelayMs?: number | undefined
  /** Returns whether an error is worth another attempt. Default: always. Aborted steps are never retried. */
  readonly retryIf?: ((error: unknown) => boolean) | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Aborts the step. Default: the signal of the step or run around it. */
  readonly signal?: AbortSignal | undefined
}

const STEP_PHASE = option.oneOf(PHASES.filter((phase) => phase !== 'pipeline'))

/** The checks of {@link RunOptions}. */
export const RUN_CHECKS: OptionChecks<RunOptions> = {
  pipelineId: option.required(option.text),
  runId: option.text,
  mode: option.oneOf(RUN_MODES),
  schema: option.text,
  phase: STEP_PHASE,
  metadata: option.object,
  signal: option.signal,
  spool: (path) => (path === false ? undefined : option.text(path)),
  onProblem: option.action,
  now: option.clock,
  env: option.object,
}

/** The checks of {@link StepOptions}. */
export const STEP_CHECKS: OptionChecks<StepOptions> = {
  phase: STEP_PHASE,
  type: option.text,
  retries: option.whole({ min: 0 }),
  retryDelayMs: option.number({ min: 0 }),
  retryIf: option.action,
  metadata: option.object,
  signal: option.signal,
}

/** Counts of rows; they are added to earlier ones of the same step. */
export interface RowCounts {
  readonly input?: number | bigint | undefined
  readonly output?: number | bigint | undefined
  readonly processed?: number | bigint | undefined
  readonly written?: number | bigint | undefined
  readonly valid?: number | bigint | undefined
  readonly invalid?: number | bigint | undefined
  /** Rows in the table afterwards; the last value counts. */
  readonly tableTotal?: number | bigint | undefined
}

/** The part that a run and a step have in common. */
export interface Scope {
  readonly runId: string
  /** The path of the step, such as `load/orders`; the pipeline id for the run. */
  readonly name: string
  /** Aborted if the work is to end. */
  readonly signal: AbortSignal
  /** Runs `work` as a step. Its error is recorded and thrown again. Steps may be nested and concurrent. */
  step<Result>(name: string, work: (step: Step) => Promise<Result> | Result): Promise<Result>
  step<Result>(name: string, options: StepOptions, work: (step: Step) => Promise<Result> | Result): Promise<Result>
  /** Adds counts of rows. */
  rows(counts: RowCounts): void
  /** Names the table that is written. */
  table(fqn: string, writeMode?: WriteMode): void
  /** Adds facts to the metadata. */
  note(facts: Readonly<Record<string, unknown>>): void
  /** Records the work as successful with a warning. */
  warn(message: string): void
  /**
   * Returns variables for a child process, with which the commands that it records become steps of this one, and its spans belong to the same trace.
   */
  variables(): Record<string, string>
}

/** A step while it runs. */
export interface Step extends Scope {
  /** Counted from 1. */
  readonly attempt: number
  /** Records that the step had nothing to do. */
  skip(reason: string): void
}

/** A run while it runs. */
export interface Run extends Scope {
  readonly pipelineId: string
}
