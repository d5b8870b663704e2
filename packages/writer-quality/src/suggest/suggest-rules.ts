import { gte, literal, startExpression, type TableSource } from '@forge/writer-core'
import { assertNoProblems, assertOptions, option } from '@forge/writer-core/storage'
import { judgeRules } from '../judge/judge-rules.ts'
import { onlyRows } from '../judge/only-rows.ts'
import { type RowsToJudge, storedRows } from '../judge/rows-to-judge.ts'
import { profileLog } from '../profile/profile-log.ts'
import { type RuleSpec, ruleFromSpec } from '../rule-from-spec.ts'
import { type Candidate, MIN_ROWS, type SuggestedRule } from './candidate.ts'
import { columnCandidates } from './column-candidates.ts'
import { runCandidates } from './run-candidates.ts'
import { completenessCandidates, freshnessCandidates } from './time-candidates.ts'

export interface SuggestOptions {
  /** The maximum share of rows that would have failed a suggested rule, 0-1; for rules on runs, of runs. Default 0.001. */
  readonly maxFailingShare?: number | undefined
  /** Learns only from rows that started since then. Default: all. */
  readonly since?: Date | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
  readonly now?: (() => Date) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface SuggestedRules {
  readonly tableFqn: string
  /** The number of rows that were learned from. */
  readonly rows: number
  /** The number of rows that a suggestion needs. */
  readonly minRows: number
  readonly rules: readonly SuggestedRule[]
  /** The number of candidates that failed too often. */
  readonly rejected: number
  /** The rules as a rule file in YAML, each with the evidence for it. */
  readonly ruleFile: string
}

/**
 * Suggests rules that the stored rows support: values that are always present, lists of few values, bounds with margins, the steps of every run, rows
 * per step, completeness, freshness. Each rule is tried on the table, and left out if it would have failed too often. Read and edit the result before
 * you use it.
 *
 * @example
 * await writeFile('rules.yaml', (await suggestRules(writer)).ruleFile)
 */
export async function suggestRules(source: TableSource, options: SuggestOptions = {}): Promise<SuggestedRules> {
  assertOptions('suggestRules', options, {
    maxFailingShare: option.number({ min: 0, below: 1 }),
    since: option.date,
    table: option.text,
    now: option.clock,
    signal: option.signal,
  })
  const { maxFailingShare = 0.001, since, table: name, now = () => new Date(), signal } = options
  const table = await source.table({ table: name })
  const all = await storedRows(table, signal)
  const moment = startExpression(all.columns)
  const problem = 'needs a table with a column of times'
  assertNoProblems('suggestRules', [since !== undefined && !moment && { setting: 'since', problem }])
  const where = since && moment && gte(moment, literal(since))
  const rows = onlyRows(all, where)
  const profile = await profileLog(source, {
    topValues: 20,
    where,
    table: name,
    signal,
  })
  const ofColumns = profile.columns.flatMap((each) => {
    const definition = rows.columns.find((column) => column.name === each.name)
    return definition ? columnCandidates(each, definition) : []
  })
  const candidates = [
    ...ofColumns,
    ...(moment ? await completenessCandidates(rows, moment, profile.columns) : []),
    ...(await runCandidates(rows, maxFailingShare)),
    ...(await freshnessCandidates(rows)),
  ]
  const rules = await proven(candidates, { rows, maxFailingShare, now: now() })
  const { tableFqn, rows: rowCount } = profile
  const { ruleFileText } = await import('./rule-file-text.ts')
  return {
    tableFqn,
    rows: rowCount,
    minRows: MIN_ROWS,
    rules,
    rejected: purposes(candidates) - rules.length,
    ruleFile: ruleFileText({ tableFqn, rows: rowCount, since, rules, at: now() }),
  }
}

/** Returns the candidates that hold often enough; of the same purpose, the first one. */
async function proven(
  candidates: readonly Candidate[],
  { rows, maxFailingShare, now }: { readonly rows: RowsToJudge; readonly maxFailingShare: number; readonly now: Date },
): Promise<SuggestedRule[]> {
  const rules = candidates.map(({ spec }) => ruleFromSpec(spec))
  const { result } = await judgeRules(rules, {
    rows,
    keys: [],
    maxExamples: 0,
    now,
    minValidationRate: 0,
    maxInvalidRowsPercent: 100,
  })
  const taken = new Set<string>()
  return candidates.flatMap(({ spec, evidence, purpose }, at) => {
    const outcome = result.outcomes[at]
    // Freshness is about now; its evidence shows how it held in the past.
    const holds =
      outcome && (spec.rule === 'freshness' || outcome.failingShare <= maxFailingShare || isShare(spec, outcome.passed))
    if (!holds || (purpose !== undefined && taken.has(purpose))) return []
    if (purpose !== undefined) taken.add(purpose)
    return [{ spec, evidence, failingShare: isShare(spec, true) ? 0 : outcome.failingShare }]
  })
}

/** Returns whether the failing rows of the rule are its figure, as for completeness, so that only its verdict decides. */
function isShare({ rule }: RuleSpec, passed: boolean): boolean {
  return rule === 'completeness' && passed
}

function purposes(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ purpose }, at) => purpose ?? at)).size
}
