import type { AnomalySeverity } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import { logBinomialTail } from '../probability/distributions.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import type { StepRun } from '../series/step-run.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

/** The rate, in percent, below which it is always reported. */
const HARD_LIMIT = 90
/** The number of rows below which a rate is mostly chance. */
const FEW_ROWS = 50
const FEW_INVALID = 3.5
/** The log10 probability from which a drop is not explained by chance. */
const LOG_P = -4
/** The minimum drop that matters, in percentage points. */
const MIN_DROP = 1

/** Finds fewer valid rows than usual, by more than the number of rows explains; below 90 % always. */
export const validationRate: StepFinding = {
  find({ row, judgements: { validation: judgement }, options: { sensitivity }, nowMs }) {
    const rate = row.validationRate
    if (!row.success || !(rate >= 0 && rate <= 100)) return undefined
    const drop = judgement ? judgement.expected - rate : 0
    const isUnusual =
      judgement !== undefined &&
      judgement.status !== 'cold' &&
      judgement.evidence > judgement.threshold &&
      drop >= (judgement.isWide ? 3 : 1) * (MIN_DROP / sensitivity)
    if (!isUnusual && (rate >= HARD_LIMIT || isChance(row, judgement))) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'validation_rate_drop',
      metric: 'validation_rate',
      detector: isUnusual ? 'arcsine-mad' : 'hard-rule',
      severity: severityOf(rate, isUnusual ? drop : 0, isUnusual ? judgement : undefined),
      description: describe(row, isUnusual ? judgement : undefined),
      nowMs,
      value: rate,
      expected: judgement?.expected ?? null,
      z: judgement ? -judgement.z : null,
      score: isUnusual ? scoreOfZ(judgement.evidence) : 0.9,
      ...(judgement && baselineOf(judgement)),
    })
  },
}

/**
 * Returns whether a rate below the limit is chance or usual for the step: one invalid row of seven, or six of sixty if three are usual. If the number
 * of rows is missing, or nothing is known of the step, only the limit decides.
 */
function isChance({ rows, validationRate: rate }: StepRun, judgement: Judgement | undefined): boolean {
  if (!judgement || judgement.status === 'cold' || !(rows > 0)) return false
  const invalid = rows * (1 - rate / 100)
  if (rows < FEW_ROWS) {
    return judgement.status === 'ready' ? judgement.evidence <= judgement.threshold : invalid < FEW_INVALID
  }
  const { expected, status } = judgement
  if (status !== 'ready' || expected < HARD_LIMIT) return false
  return logBinomialTail(Math.round(invalid), rows, 1 - expected / 100) > LOG_P
}

function severityOf(rate: number, drop: number, judgement: Judgement | undefined): AnomalySeverity {
  if (rate < 50 || drop >= 20) return 'critical'
  if (rate < HARD_LIMIT) return 'error'
  if (judgement?.status !== 'ready') return 'warning'
  return judgement.z >= 6 && drop >= 2 * MIN_DROP ? 'error' : 'warning'
}

function describe(row: StepRun, judgement: Judgement | undefined): string {
  const rate = `${nameOf(row)}: ${figure(row.validationRate)} % of ${figure(row.rows)} rows are valid`
  if (!judgement) return `${rate}, which is below ${HARD_LIMIT} %`
  return `${rate}; ${figure(judgement.expected)} % are usual (${judgement.count} runs), robust z ${judgement.z.toFixed(1)}`
}
