import type { Capture } from '../output/child-output.ts'
import type { CollectedFile, SpoolEntry } from '../spool/entry.ts'

/** A command to run and record. Durations are in milliseconds. */
export interface RecordRequest {
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** Joins the words of the command and runs them by a shell. */
  readonly shell: boolean
  readonly pipelineId?: string | undefined
  readonly stepName?: string | undefined
  readonly phase?: string | undefined
  /** Further facts for the metadata of the run. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly timeoutMs?: number | undefined
  /** The time between SIGTERM and SIGKILL after a timeout. */
  readonly killAfterMs: number
  /** Further attempts after the first one. */
  readonly retries: number
  readonly retryDelayMs: number
  /** Exit codes that are retried. Default: all except 0, 126 and 127. */
  readonly retryOn?: readonly number[] | undefined
  /** The action if the pipeline is already running. Default: run a second time. */
  readonly ifRunning?: 'wait' | 'skip' | 'fail' | undefined
  /** The exit code of a run that was skipped. */
  readonly skipCode: number
  /** The maximum of a random delay before the start. */
  readonly jitterMs: number
  /** The maximum time that the exit waits for the storage; after that, the run stays in the spool. */
  readonly recordTimeoutMs: number
  readonly quietOnSuccess: boolean
  readonly capture: Capture
  /** Keeps the captured output of a run that succeeded as well. */
  readonly keepOutput: boolean
  /** Waits until all processes of the command have ended. */
  readonly waitGroup: boolean
  /** A descriptor of the command that leads to the file of figures. */
  readonly metricsFd?: number | undefined
  /** The beginning of those lines of standard output that are figures. */
  readonly metricsPrefix?: string | undefined
}

/** The place of a run's database. */
export interface RunPlace {
  /** The absolute path of the database. */
  readonly path: string
  readonly table?: SpoolEntry['table'] | undefined
}

/** The place of a database before settings are read: its absolute path, or the identity of the settings that name it. */
export type EarlyPlace = { readonly path: string } | { readonly settings: string }

/** The caller's knowledge of the database. It is asked only once the command runs. */
export interface RunStore {
  /** Returns the facts about the database that are known without reading settings; undefined if these have an error. */
  early(): EarlyPlace | undefined
  /** The absolute path of the database to which the run belongs if the settings have an error. */
  readonly fallbackPath: string
  /** Resolves with the place, after reading the settings. */
  locate(): Promise<RunPlace>
  /** Stores the ended runs of the spool. Aborted if that takes too long. */
  store(signal: AbortSignal): Promise<void>
  /** Returns further variables for the command. */
  variables?(): Readonly<Record<string, string>>
  /** Returns the files that the command has written since it started. */
  collect?(startedAt: Date): readonly CollectedFile[]
}

/** The parts of its process that a recording needs. */
export interface RecordContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly store: RunStore
  /** Shows a message. */
  readonly say: (message: string) => void
}
