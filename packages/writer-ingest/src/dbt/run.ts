import { isoFromMicros, microsFromIso, type RunMode } from '@forge/writer-core'
import type { InstantReader } from '../mapping/instant.ts'
import type { Envelope } from './documents.ts'

/** What holds for every row of one invocation of dbt. */
export interface DbtRun {
  readonly runId: string
  readonly startedAt: string
  readonly endedAt: string
  /** Seconds. */
  readonly durationSecs: number
  readonly parentRunId: string | undefined
  readonly dbtVersion: string | undefined
  readonly which: string | undefined
  readonly isFullRefresh: boolean
}

/** Throws RangeError where a time of the run cannot be read or its id is missing: without them nothing can be placed. */
export function dbtRun({ metadata, elapsed_time, args }: Envelope, instants: InstantReader): DbtRun {
  const endedAt = instants.read(metadata.generated_at)
  if (endedAt === undefined) throw new RangeError('/metadata/generated_at is no time')
  if (!metadata.invocation_id) throw new RangeError('/metadata/invocation_id is missing')
  const durationSecs = elapsed_time ?? 0
  const started = metadata.invocation_started_at ? instants.read(metadata.invocation_started_at) : undefined
  const derived = microsFromIso(endedAt) - BigInt(Math.round(durationSecs * 1e6))
  const parent = metadata.env?.DBT_CLOUD_RUN_ID
  return {
    runId: metadata.invocation_id,
    startedAt: started ?? isoFromMicros(derived),
    endedAt,
    durationSecs,
    parentRunId: parent === undefined || parent === null ? undefined : String(parent),
    dbtVersion: metadata.dbt_version,
    which: args?.which ?? undefined,
    isFullRefresh: args?.full_refresh === true,
  }
}

const VALIDATING = new Set(['test', 'freshness', 'compile', 'generate', 'list', 'show'])

/** Checks and compilations are kept apart from builds, so that a compile of milliseconds is never compared with one. */
export function runModeOf({ which, isFullRefresh }: DbtRun, isOnlyChecks: boolean): RunMode {
  if (VALIDATING.has(which ?? '') || isOnlyChecks) return 'validation_only'
  return isFullRefresh ? 'full_refresh' : 'incremental'
}
