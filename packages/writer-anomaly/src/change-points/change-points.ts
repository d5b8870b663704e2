import { WriterConfigurationError } from '@forge/writer-core'
import { autocorrelation, noiseOf, standardise, whiten, withoutSpikes } from './noise.ts'
import { pelt, type SegmentCost } from './pelt.ts'
import { type SegmentModel, squaredResiduals } from './residuals.ts'

export interface ChangePointOptions {
  /** Fewest points between changes, an integer of 2 or more; never below 5 where segments are lines. Default 5. */
  readonly leastLength?: number
  /** Factor on the evidence that a change needs; more gives fewer changes. Default 1. */
  readonly penalty?: number
}

export interface ChangePoints {
  /** Index of the first point of each new segment, ascending. */
  readonly indices: readonly number[]
  /** Shape that describes the segments best. */
  readonly model: SegmentModel
  /** Correlation between neighbours that the noise was taken to have, 0-0.9. */
  readonly autocorrelation: number
}

interface Candidate extends ChangePoints {
  readonly total: number
}

const MODELS: readonly SegmentModel[] = ['level', 'line']
/** Parameters of a segment: level or line, and deviation. */
const PARAMETERS = { level: 2, line: 3 } as const
/** A shorter line fits anything. */
const LEAST = { level: 2, line: 5 } as const
/** Points that the noise of the whole series counts for in a segment's own deviation: keeps short segments honest. */
const PRIOR_POINTS = 4

/**
 * Where a whole series changes for good: its level, slope or spread. The optimal partition under each of four models
 * (levels or lines, noise independent or autoregressive), of which the Bayesian information criterion picks one: a trend
 * or a slow wander is not cut into steps. Single outliers are no change. Values that are not finite are left out.
 *
 * @throws WriterConfigurationError for options out of range.
 */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoints {
  const { leastLength = 5, penalty = 1 } = options
  if (!Number.isInteger(leastLength) || leastLength < 2 || !(penalty > 0)) {
    throw new WriterConfigurationError('leastLength must be an integer of 2 or more, penalty more than 0.')
  }
  const kept = [...values.keys()].filter((index) => Number.isFinite(values[index]))
  const series = standardise(kept.map((index) => values[index] ?? 0))
  if (!series || series.length < 2 * leastLength) return { indices: [], model: 'level', autocorrelation: 0 }
  const smooth = withoutSpikes(series)
  const candidates = [...new Set([0, autocorrelation(smooth)])].flatMap((correlation) =>
    MODELS.map((model) => partition(smooth, { model, correlation, leastLength, penalty })),
  )
  const best = candidates.reduce((a, b) => (b.total < a.total ? b : a))
  const indices = best.indices.map((index) => kept[index] ?? index)
  return { indices, model: best.model, autocorrelation: best.autocorrelation }
}

interface Setting {
  readonly model: SegmentModel
  readonly correlation: number
  readonly leastLength: number
  readonly penalty: number
}

function partition(series: readonly number[], { model, correlation, leastLength, penalty }: Setting): Candidate {
  const unit = Math.log(series.length)
  const cost = likelihoodCost(series, model, correlation)
  // A segment costs its parameters and its place.
  const each = penalty * (PARAMETERS[model] + 1) * unit
  const indices = pelt(series.length, cost, {
    penalty: each,
    leastLength: Math.max(leastLength, LEAST[model]),
  })
  const bounds = [0, ...indices, series.length]
  const fit = bounds.slice(1).reduce((sum, end, index) => sum + cost(bounds[index] ?? 0, end), 0)
  const shared = (PARAMETERS[model] + (correlation > 0 ? 1 : 0)) * unit
  return { indices, model, autocorrelation: correlation, total: fit + each * indices.length + shared }
}

/** Minus twice the logarithm of a segment's likelihood, up to a constant, with a deviation of its own. */
function likelihoodCost(series: readonly number[], model: SegmentModel, correlation: number): SegmentCost {
  const white = whiten(series, correlation)
  const residuals = squaredResiduals(white, model)
  const prior = PRIOR_POINTS * Math.max(1e-4, noiseOf(white) ** 2)
  return (start, end) => {
    const count = end - start
    // The first point after a change carries the jump over from its predecessor, which is no noise.
    const first = correlation > 0 && start > 0 ? start + 1 : start
    return count * Math.log((residuals(first, end) + prior) / (count + PRIOR_POINTS))
  }
}
