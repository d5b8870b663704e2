import { describePredicate, type LogBatch } from '@forge/writer-core'
import { evaluatePredicate, takeRows } from '@forge/writer-core/storage'
import type { BoundRule, BoundTableRule } from '../judge/bind-rules.ts'

export interface FailingRow {
  /** The position of the row in the batch. */
  readonly row: number
  readonly reasons: readonly Reason[]
}

/** A rule that a row fails. */
export interface Reason {
  readonly rule: string
  readonly description: string
  /** The columns of the rule. Missing in rows that an older release held back. */
  readonly columns?: readonly string[] | undefined
  /** The condition of failing rows, as SQL; missing for rules that judge rows together, and in rows that an older release held back. */
  readonly fails?: string | undefined
}

/** Returns the rows that fail a rule of severity `error`, in order, regardless of the share that the rule tolerates. */
export function failingRows(bound: readonly BoundRule[], batch: LogBatch): FailingRow[] {
  const reasons = new Map<number, Reason[]>()
  for (const each of bound) {
    const { rule } = each
    if (rule.severity !== 'error') continue
    const reason = reasonOf(each)
    for (const row of each.kind === 'row' ? trueRows(evaluatePredicate(each.fails, batch)) : blamedRows(each, batch)) {
      const known = reasons.get(row) ?? []
      known.push(reason)
      reasons.set(row, known)
    }
  }
  return [...reasons].map(([row, found]) => ({ row, reasons: found })).sort((a, b) => a.row - b.row)
}

function reasonOf(bound: BoundRule): Reason {
  const { name, description, columns } = bound.rule
  const fails = bound.kind === 'row' ? describePredicate(bound.fails) : undefined
  return { rule: name, description, columns, fails }
}

function blamedRows({ rule, check }: BoundTableRule, batch: LogBatch): number[] {
  if (!check.failingRows) return []
  if (!rule.where) return [...check.failingRows(batch)]
  const judged = trueRows(evaluatePredicate(rule.where, batch))
  return check.failingRows(takeRows(batch, judged)).flatMap((at) => judged[at] ?? [])
}

function trueRows(truths: Uint8Array): number[] {
  const rows: number[] = []
  for (let row = 0; row < truths.length; row++) if (truths[row] === 1) rows.push(row)
  return rows
}
