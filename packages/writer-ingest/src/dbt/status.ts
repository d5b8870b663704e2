import { isSuccessStatus, type Status } from '@forge/writer-core'
import { plainWord, type StatusReader, statusReader } from '../mapping/status.ts'
import { isObject, parseJson } from '../reading/parse-json.ts'
import type { Manifest } from './manifest.ts'

/** What tells the status of a result. */
interface StatedResult {
  readonly unique_id: string
  readonly status: string
  readonly adapter_response?: Readonly<Record<string, unknown>> | null | undefined
}

export interface StatedStatuses {
  /** In the order of the results. */
  readonly statuses: readonly Status[]
  readonly warnings: readonly string[]
}

/**
 * Returns the statuses of the results of one run. `skipped` means `upstream_failed` when something failed on which the step depends; without a manifest,
 * when anything failed.
 */
export function statusesOf(
  results: readonly StatedResult[],
  manifest: Manifest,
  { hasRejectedFailure = false } = {},
): StatedStatuses {
  const reader = statusReader()
  const own = results.map((result) => ownStatus(result, reader))
  const failed = results.flatMap(({ unique_id }, at) => (isFailing(own[at]) ? [unique_id] : []))
  const isBlocked = blockedBy(failed, manifest, hasRejectedFailure)
  const statuses = own.map((status, at) =>
    status === 'skipped' && isBlocked(results[at]?.unique_id ?? '') ? 'upstream_failed' : status,
  )
  return { statuses, warnings: reader.warnings() }
}

/** Returns the status of a result that is rejected: what it says of its failure, else `unknown`. */
export function statusOfRejected(text: string): Status {
  const status = statusReader().read(statedWord(text))
  return isSuccessStatus(status) ? 'unknown' : status
}

function statedWord(text: string): string | undefined {
  try {
    const value = parseJson(text)
    return isObject(value) && typeof value.status === 'string' ? value.status : undefined
  } catch {
    return /"status"\s*:\s*"([^"\\]{1,50})"/.exec(text)?.[1]
  }
}

/** The adapter says `NO-OP` of what dbt took from an earlier run, whatever the status. */
function ownStatus({ status: word, adapter_response }: StatedResult, reader: StatusReader): Status {
  const status = reader.read(word)
  const answers = [adapter_response?.code, adapter_response?._message]
  const isNoop = answers.some((answer) => typeof answer === 'string' && plainWord(answer) === 'noop')
  return isNoop && status === 'success' ? 'noop' : status
}

function isFailing(status: Status | undefined): boolean {
  return status !== undefined && !isSuccessStatus(status) && status !== 'unknown' && status !== 'upstream_failed'
}

/** Whether a step was not begun because of a failure before it. A failing test stops what depends on what it checks. */
function blockedBy(
  failed: readonly string[],
  manifest: Manifest,
  hasRejectedFailure: boolean,
): (uniqueId: string) => boolean {
  const causes = new Set([...failed, ...failed.flatMap((uniqueId) => manifest.checkedBy(uniqueId) ?? [])])
  const known = new Map<string, boolean>()
  const hasCause = (uniqueId: string) => causes.has(uniqueId) || known.get(uniqueId) === true
  return (start) => {
    // A manifest of another project, or none, tells nothing of the step.
    if (hasRejectedFailure || !manifest.node(start)?.depends_on) return failed.length > 0 || hasRejectedFailure
    // Depth first without recursion: chains of models may be long. Each step is remembered with the one that led to it.
    const before = new Map<string, string | undefined>([[start, undefined]])
    const waiting = [start]
    for (let uniqueId = waiting.pop(); uniqueId !== undefined; uniqueId = waiting.pop()) {
      const parents = manifest.node(uniqueId)?.depends_on?.nodes ?? []
      if (parents.some(hasCause)) {
        for (let each: string | undefined = uniqueId; each !== undefined; each = before.get(each)) known.set(each, true)
        return true
      }
      for (const parent of parents) {
        if (before.has(parent) || known.has(parent)) continue
        before.set(parent, uniqueId)
        waiting.push(parent)
      }
    }
    for (const uniqueId of before.keys()) known.set(uniqueId, false)
    return false
  }
}
