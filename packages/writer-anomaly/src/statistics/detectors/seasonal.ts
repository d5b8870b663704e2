import { scoreOfZ } from '../../probability/normal-tail.ts'
import { SEASONS } from './calendar.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf } from './window.ts'

/** The memory of one season; `none` has a single phase. */
interface Profile {
  readonly counts: number[]
  readonly centers: number[]
  /** The fading mean of the absolute error of the profile's predictions, each made before the value was learned. */
  error: number
  judged: number
}

interface Memory {
  /** The profiles: no season first, then {@link SEASONS} in their order. */
  readonly profiles: Profile[]
  firstMs: number | null
  count: number
}

/** The factor by which a season must lower the error of no season, out of sample, to be chosen. */
const GAIN = 0.8
const CYCLES = 2
/** The deviation of a normal distribution, in mean absolute errors. */
const SIGMA_OF_MEAN_ERROR = 1.2533

/**
 * Judges the distance from what is usual at this hour, weekday, hour of the week or day of the month, whichever predicts the series best; if no
 * season lowers the error by a fifth over two whole cycles, from the recent mean. Silent for the first 20.
 */
export const seasonal: DetectorFactory = defineDetector<Memory>({
  name: 'seasonal',
  version: 1,
  start: () => ({ profiles: [1, ...SEASONS.map(({ phases }) => phases)].map(emptyProfile), firstMs: null, count: 0 }),
  update: (memory, { value, timeMs }) => {
    if (!Number.isFinite(timeMs)) return 0
    memory.firstMs ??= timeMs
    const chosen = choose(memory, timeMs - memory.firstMs)
    const none = memory.profiles[0] ?? emptyProfile(1)
    let score = 0
    memory.profiles.forEach((profile, index) => {
      const phase = SEASONS[index - 1]?.phaseOf(timeMs) ?? 0
      const guess = guessOf(profile, phase, none.centers[0] ?? value)
      if (index === chosen && memory.count >= 20) score = scoreOf(profile, phase, guess, value)
      learn(profile, phase, guess, value)
    })
    memory.count += 1
    return score
  },
})

const emptyProfile = (phases: number): Profile => ({
  counts: new Array<number>(phases).fill(0),
  centers: new Array<number>(phases).fill(0),
  error: 0,
  judged: 0,
})

/** Returns the index of the profile that predicts best; 0 (no season) unless another is clearly better over two cycles. */
function choose({ profiles }: Memory, elapsedMs: number): number {
  let chosen = 0
  let lowest = GAIN * (profiles[0]?.error ?? 0)
  profiles.forEach(({ error }, index) => {
    const season = SEASONS[index - 1]
    if (!season || elapsedMs < CYCLES * season.cycleMs || error >= lowest) return
    chosen = index
    lowest = error
  })
  return chosen
}

/** Returns the center of the phase, which leans on the recent mean while the phase was seen rarely. */
function guessOf({ counts, centers }: Profile, phase: number, overall: number): number {
  const seen = Math.min(counts[phase] ?? 0, 20)
  return ((centers[phase] ?? 0) * seen + overall) / (seen + 1)
}

function scoreOf({ error, counts }: Profile, phase: number, guess: number, value: number): number {
  const seen = Math.max(1, counts[phase] ?? 0)
  const sigma = Math.max(SIGMA_OF_MEAN_ERROR * error, floorOf(guess)) * Math.sqrt(1 + 3 / Math.min(seen, 20))
  return scoreOfZ((value - guess) / sigma)
}

/** Learns a value. Outliers are weighted down, not ignored: what returns every week must be learned. */
function learn(profile: Profile, phase: number, guess: number, value: number): void {
  const miss = value - guess
  const isKnown = profile.judged >= 20
  const bound = isKnown ? 4 * Math.max(SIGMA_OF_MEAN_ERROR * profile.error, floorOf(guess)) : Number.POSITIVE_INFINITY
  const bounded = Math.max(-bound, Math.min(bound, miss))
  profile.judged += 1
  profile.error += (Math.abs(bounded) - profile.error) * Math.max(1 / profile.judged, 0.01)
  const seen = profile.counts[phase] ?? 0
  const center = profile.centers[phase] ?? 0
  profile.counts[phase] = seen + 1
  profile.centers[phase] = center + (guess + bounded - center) * Math.max(1 / (seen + 1), 0.1)
}
