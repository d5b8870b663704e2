import { isSuccessStatus, type Status } from '@forge/writer-core'
import { isObject } from '@forge/writer-core/storage'
import { plainWord, type StatusReader, statusReader } from '../mapping/status.ts'
import { parseJson } from '../reading/parse-json.ts'
import type { Manifest } from './manifest.ts'

/** The fields of a result that determine its status. */
interface StatedResult {
  readonly unique_id: string
  readonly status: string
  readonly adapter_response?: Readonly<Record<string, unknown>> | null | undefined
}

export interface StatedStatuses {
  /** The statuses in the order of the results. */
  readonly statuses: readonly Status[]
  readonly warnings: readonly string[]
}

/**
 * Returns the statuses of the results of one run. `skipped` becomes `upstream_failed` if a step failed that this step depends on; without a
 * manifest, if any step failed.
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

/** Returns the status of a rejected result: its failure, or else `unknown`. */
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

/** Returns whether dbt reused the result of an earlier run; the adapter then reports `NO-OP`, whatever the status. */
function ownStatus({ status: word, adapter_response }: StatedResult, reader: StatusReader): Status {
  const status = reader.read(word)
  const answers = [adapter_response?.code, adapter_response?._message]
  const isNoop = answers.some((answer) => typeof answer === 'string' && plainWord(answer) === 'noop')
  return isNoop && status === 'success' ? 'noop' : status
}

function isFailing(status: Status | undefined): boolean {
  return status !== undefined && !isSuccessStatus(status) && status !== 'unknown' && status !== 'upstream_failed'
}

/** Returns whether a step was skipped because of an earlier failure. A failing test stops the steps that depend on the node it checks. */
function blockedBy(
  failed: readonly string[],
  manifest: Manifest,
  hasRejectedFailure: boolean,
): (uniqueId: string) => boolean {
  const causes = new Set([...failed, ...failed.flatMap((uniqueId) => manifest.checkedBy(uniqueId) ?? [])])
  const known = new Map<string, boolean>()
  const hasCause = (uniqueId: string) => causes.has(uniqueId) || known.get(uniqueId) === true
  return (start) => {
    // Without a manifest of this project, nothing is known of the step.
    if (hasRejectedFailure || !manifest.node(start)?.depends_on) return failed.length > 0 || hasRejectedFailure
    // Depth-first search without recursion, because chains of models may be long. Each step is stored with the one that led to it.
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
