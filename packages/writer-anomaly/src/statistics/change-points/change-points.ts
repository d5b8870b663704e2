import { assertOptions, option } from '@forge/writer-core/storage'
import { autocorrelation, noiseOf, standardise, whiten, withoutSpikes } from './noise.ts'
import { pelt, type SegmentCost } from './pelt.ts'
import { type SegmentModel, squaredResiduals } from './residuals.ts'

export interface ChangePointOptions {
  /** The minimum number of points between changes, an integer of 2 or more; at least 5 if segments are lines. Default 5. */
  readonly minLength?: number | undefined
  /** The factor on the evidence that a change needs; higher values find fewer changes. Default 1. */
  readonly penalty?: number | undefined
}

export interface ChangePoints {
  /** The index of the first point of each new segment, ascending. */
  readonly indices: readonly number[]
  /** The shape that describes the segments best. */
  readonly model: SegmentModel
  /** The estimated correlation between neighbours in the noise, 0-0.9. */
  readonly autocorrelation: number
}

interface Candidate extends ChangePoints {
  readonly total: number
}

const MODELS: readonly SegmentModel[] = ['level', 'line']
/** The number of parameters of a segment: level or line, and deviation. */
const PARAMETERS = { level: 2, line: 3 } as const
/** The minimum number of points; a shorter line fits anything. */
const MIN_POINTS = { level: 2, line: 5 } as const
/** The number of points for which the noise of the whole series counts in the deviation of a segment, so that short segments do not look too good. */
const PRIOR_POINTS = 4

/**
 * Finds the points at which a whole series changes for good: its level, slope or spread. Computes the optimal partition under each of four models
 * (levels or lines, noise independent or autoregressive), and chooses one by the Bayesian information criterion: a trend or a slow wander is not cut
 * into steps. A single outlier is not a change. Values that are not finite are ignored. @throws WriterConfigurationError for options out of range.
 */
export function findChangePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoints {
  assertOptions('findChangePoints', options, {
    minLength: option.whole({ min: 2 }),
    penalty: option.number({ above: 0 }),
  })
  const { minLength = 5, penalty = 1 } = options
  const kept = [...values.keys()].filter((index) => Number.isFinite(values[index]))
  const series = standardise(kept.map((index) => values[index] ?? 0))
  if (!series || series.length < 2 * minLength) return { indices: [], model: 'level', autocorrelation: 0 }
  const smooth = withoutSpikes(series)
  const candidates = [...new Set([0, autocorrelation(smooth)])].flatMap((correlation) =>
    MODELS.map((model) => partition(smooth, { model, correlation, minLength, penalty })),
  )
  const best = candidates.reduce((a, b) => (b.total < a.total ? b : a))
  const indices = best.indices.map((index) => kept[index] ?? index)
  return { indices, model: best.model, autocorrelation: best.autocorrelation }
}

interface Setting {
  readonly model: SegmentModel
  readonly correlation: number
  readonly minLength: number
  readonly penalty: number
}

function partition(series: readonly number[], { model, correlation, minLength, penalty }: Setting): Candidate {
  const unit = Math.log(series.length)
  const cost = likelihoodCost(series, model, correlation)
  // A segment costs its parameters and its position.
  const each = penalty * (PARAMETERS[model] + 1) * unit
  const indices = pelt(series.length, cost, {
    penalty: each,
    minLength: Math.max(minLength, MIN_POINTS[model]),
  })
  const bounds = [0, ...indices, series.length]
  const fit = bounds.slice(1).reduce((sum, end, index) => sum + cost(bounds[index] ?? 0, end), 0)
  const shared = (PARAMETERS[model] + (correlation > 0 ? 1 : 0)) * unit
  return { indices, model, autocorrelation: correlation, total: fit + each * indices.length + shared }
}

/** Returns a function for the cost of a segment: minus twice the logarithm of its likelihood, up to a constant, with a deviation of its own. */
function likelihoodCost(series: readonly number[], model: SegmentModel, correlation: number): SegmentCost {
  const white = whiten(series, correlation)
  const residuals = squaredResiduals(white, model)
  const prior = PRIOR_POINTS * Math.max(1e-4, noiseOf(white) ** 2)
  return (start, end) => {
    const count = end - start
    // The first point after a change carries the jump over from its predecessor, which does not belong to the noise.
    const first = correlation > 0 && start > 0 ? start + 1 : start
    return count * Math.log((residuals(first, end) + prior) / (count + PRIOR_POINTS))
  }
}
