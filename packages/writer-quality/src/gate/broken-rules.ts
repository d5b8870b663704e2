import { type LogBatch, type LogRowInput, type Predicate, parsePredicate } from '@forge/writer-core'
import { assertPredicate, evaluatePredicate } from '@forge/writer-core/storage'
import type { Reason } from './failing-rows.ts'
import type { QuarantinedRow } from './list-quarantine.ts'

/** A row to release, and the quarantined row from which it was made. */
export interface ReleasedRow {
  readonly held: QuarantinedRow
  readonly row: LogRowInput
}

/**
 * Returns, for each row, the rules that held it back and that it still breaks. A rule that was stored with its condition is judged again. A rule
 * without one, because it judges rows together or was stored by an older release, no longer holds a row back once its columns have been corrected.
 */
export function brokenRules(rows: readonly ReleasedRow[], batch: LogBatch): Reason[][] {
  const truths = new Map<string, Uint8Array | undefined>()
  const truthsOf = (text: string) => {
    if (!truths.has(text)) truths.set(text, judgeText(text, batch))
    return truths.get(text)
  }
  return rows.map(({ held, row }, at) =>
    held.reasons.filter((reason) => {
      const failing = reason.fails === undefined ? undefined : truthsOf(reason.fails)
      return failing ? failing[at] === 1 : !isCorrected(held.row, row, reason.columns)
    }),
  )
}

/** Returns the result of a rule on rows; undefined if it cannot be evaluated on them. */
function judgeText(text: string, batch: LogBatch): Uint8Array | undefined {
  const predicate = parseText(text)
  if (!predicate) return undefined
  try {
    assertPredicate(predicate, batch.columns)
  } catch {
    return undefined
  }
  return evaluatePredicate(predicate, batch)
}

function parseText(text: string): Predicate | undefined {
  try {
    return parsePredicate(text)
  } catch {
    return undefined
  }
}

function isCorrected(before: LogRowInput, after: LogRowInput, columns: readonly string[] | undefined): boolean {
  const names = columns ?? Object.keys({ ...before, ...after })
  return names.some((name) => textOf(Reflect.get(before, name)) !== textOf(Reflect.get(after, name)))
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value ?? '')
}
