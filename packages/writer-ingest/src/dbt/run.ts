import type { RunMode } from '@forge/writer-core'
import { isoFromMicros, microsFromIso } from '@forge/writer-core/storage'
import type { InstantReader } from '../mapping/instant.ts'
import { periodOf, readTime } from '../mapping/period.ts'
import type { Envelope } from './documents.ts'

/** The properties of one invocation of dbt that all of its rows share. */
export interface DbtRun {
  readonly runId: string
  /** The attempt: several commands of one process share an invocation id, but write their results at different times. */
  readonly executionId: string
  readonly startedAt: string
  readonly endedAt: string
  /** The duration in seconds. */
  readonly durationSecs: number
  readonly parentRunId: string | undefined
  readonly dbtVersion: string | undefined
  readonly which: string | undefined
  readonly isFullRefresh: boolean
}

/** Returns the run of a document, or undefined if its id or its time is missing, which every row requires. */
export function dbtRun({ metadata, elapsed_time, args }: Envelope, instants: InstantReader): DbtRun | undefined {
  const endedAt = readTime(metadata.generated_at, instants)
  const runId = metadata.invocation_id
  if (endedAt === undefined || !runId) return undefined
  const durationSecs = elapsed_time ?? 0
  const { start, isReversed } = periodOf(readTime(metadata.invocation_started_at, instants), endedAt)
  const derived = microsFromIso(endedAt) - BigInt(Math.round(durationSecs * 1e6))
  const parent = metadata.env?.DBT_CLOUD_RUN_ID
  return {
    runId,
    executionId: `${runId}/${endedAt}`,
    startedAt: isReversed || start === null ? isoFromMicros(derived) : start,
    endedAt,
    durationSecs,
    parentRunId: parent === undefined || parent === null ? undefined : String(parent),
    dbtVersion: metadata.dbt_version ?? undefined,
    which: args?.which ?? undefined,
    isFullRefresh: args?.full_refresh === true,
  }
}

const VALIDATING = new Set(['test', 'freshness', 'compile', 'generate', 'list', 'show'])

/** Returns the kind of run. Checks and compilations are separate from builds, so that their durations are never compared. */
export function runModeOf({ which, isFullRefresh }: DbtRun, isOnlyChecks: boolean): RunMode {
  if (VALIDATING.has(which ?? '') || isOnlyChecks) return 'validation_only'
  return isFullRefresh ? 'full_refresh' : 'incremental'
}
