import type { KeptOutput } from '../output/tail-buffer.ts'
import type { ProcessIdentity } from '../process/host-identity.ts'
import type { ResourceUse } from '../process/resource-sampler.ts'

/** The names of a run or a step, and of what it is part of. */
export interface RunIdentity {
  readonly runId: string
  /** The id of the first attempt; later ones add their number. */
  readonly executionId: string
  readonly pipelineId: string
  /** The name of the step; undefined for a whole run without a step. */
  readonly stepName?: string | undefined
  readonly phase: string
  /** True if the run was started elsewhere, and this is one of its steps. */
  readonly isNested: boolean
  /** The step in which this one runs. */
  readonly parentStep?: string | undefined
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string | undefined
}

/** The status words that a command can end with. They are words of `STATUSES` of core. */
export type CommandStatus = 'success' | 'failed' | 'error' | 'timeout' | 'cancelled' | 'skipped'

/** One attempt of a command that has ended. */
export interface Attempt extends ResourceUse {
  /** Counted from 1. */
  readonly number: number
  readonly startedAt: string
  readonly endedAt: string
  /** The duration by a clock that stands still while the machine sleeps. */
  readonly durationSecs: number
  readonly status: CommandStatus
  readonly errorMessage?: string | undefined
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly output?: Readonly<Record<string, KeptOutput>> | undefined
  /** The reason why output is missing that should have been kept. */
  readonly outputProblem?: string | undefined
  /** Processes of the command that still ran when it had ended. */
  readonly orphans?: number | undefined
  /** Figures that the command reported. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined
  /** The number of lines of figures that could not be read. */
  readonly ignoredMetrics?: number | undefined
}

/** A run that has started, as the file in the spool folder describes it. */
export interface SpoolEntry {
  readonly version: 1
  readonly state: 'running' | 'ended'
  readonly identity: RunIdentity
  readonly startedAt: string
  /** The process that records. */
  readonly owner: ProcessIdentity
  /** The process of the command. */
  readonly child?: { readonly pid: number; readonly start?: string | undefined } | undefined
  readonly command?: string | undefined
  readonly cwd?: string | undefined
  /** The table for the run, if it was known before the run ended. */
  readonly table?: { readonly schema: string; readonly name: string } | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly attempts: readonly Attempt[]
  /** Batches of rows that could not be stored, of a run in code. */
  readonly batches?:
    | readonly { readonly id: string; readonly rows: readonly Readonly<Record<string, unknown>>[] }[]
    | undefined
  /** Files of the command to record in addition. */
  readonly collect?: readonly CollectedFile[] | undefined
}

/** A file that a command has written about its own steps. */
export interface CollectedFile {
  readonly kind: string
  readonly path: string
  /** The time of the last change of the file, in milliseconds since 1970: if it has changed since, it describes another run. */
  readonly modifiedMs: number
  /** The file that describes the project of the steps. */
  readonly manifest?: string | undefined
}
