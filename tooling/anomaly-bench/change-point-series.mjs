// Series whose change points are known: made ones, the same each time, and small public ones.

/** Annual flow of the Nile at Aswan, 1871-1970, 10^8 m^3 (Cobb 1978; `Nile` in R). The first dam was begun in 1898. */
const NILE = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
  1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
  824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
  822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
  815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]

/** Coal mining disasters in Britain a year, 1851-1961 (Jarrett 1979). Rules for safety changed in 1887. */
const COAL = [
  4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3,
  2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1,
  0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]

const REAL = [
  { kind: 'nile', values: NILE, changes: [27] },
  { kind: 'coal', values: COAL, changes: [36] },
]

const LENGTHS = [40, 70, 100, 150, 240, 400]

/** Each kind: whether it changes at all, and the series from its changes. */
const KINDS = {
  levels: { make: (draw) => draw.levels((noise) => noise()) },
  'levels, correlated noise': { make: (draw) => draw.levels(draw.correlated(0.2 + 0.4 * draw.uniform())) },
  'levels, strongly correlated noise': { make: (draw) => draw.levels(draw.correlated(0.6 + 0.3 * draw.uniform())) },
  'levels, season': { make: (draw) => draw.levels((noise, i) => noise() + 1.2 * Math.sin((2 * Math.PI * i) / 12)) },
  'levels, outliers': {
    make: (draw) => draw.levels((noise) => noise() + (draw.uniform() < 0.03 ? 8 * draw.sign() : 0)),
  },
  'many levels': { changes: 5, make: (draw) => draw.levels((noise) => noise()) },
  counts: { make: (draw) => draw.levels((noise) => noise()).map((value) => Math.max(0, Math.round(2 * value + 6))) },
  slopes: { make: (draw) => draw.slopes() },
  spread: { make: (draw) => draw.spreads() },
  noise: { changes: 0, make: (draw) => draw.levels((noise) => noise()) },
  'correlated noise': { changes: 0, make: (draw) => draw.levels(draw.correlated(0.5)) },
  trend: { changes: 0, make: (draw) => draw.levels((noise, i, length) => noise() + (10 * i) / length) },
  'random walk': { changes: 0, make: (draw) => draw.walk() },
}

/** `perKind` made series of each kind, and the public ones: `{ kind, values, annotations }`. */
export function changePointSeries(perKind = 30) {
  const made = Object.entries(KINDS).flatMap(([kind, { changes, make }], index) =>
    Array.from({ length: perKind }, (_, seed) => {
      const draw = source(1 + index * 100_003 + seed * 7919, changes)
      return { kind, values: make(draw), annotations: [draw.changes] }
    }),
  )
  return [...made, ...REAL.map(({ kind, values, changes }) => ({ kind, values, annotations: [changes] }))]
}

/** Everything that is drawn for one series: length, changes, noise. */
function source(seed, most) {
  let state = seed
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (let i = 0; i < 5; i += 1) uniform()
  const noise = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  const sign = () => (uniform() < 0.5 ? -1 : 1)
  const length = LENGTHS[Math.floor(uniform() * LENGTHS.length)]
  const changes = drawChanges(uniform, length, most ?? 1 + Math.floor(3 * uniform()))
  const segmentOf = (i) => changes.filter((change) => i >= change).length
  const series = (of) => Array.from({ length }, (_, i) => of(i))
  /** One value a segment, each `next` of the one before. */
  const chain = (first, next) => changes.reduce((all) => [...all, next(all.at(-1))], [first])
  return {
    uniform,
    sign,
    changes,
    levels: (of) => {
      const level = chain(0, (before) => before + sign() * (1.5 + 3 * uniform()))
      return series((i) => level[segmentOf(i)] + of(noise, i, length))
    },
    correlated: (share) => {
      let last = noise()
      return () => {
        last = share * last + Math.sqrt(1 - share * share) * noise()
        return last
      }
    },
    slopes: () => {
      const slope = chain(
        (8 * sign()) / length,
        (before) => before - (Math.sign(before) * (10 + 10 * uniform())) / length,
      )
      let value = 0
      return series((i) => {
        value += slope[segmentOf(i)]
        return value + 0.5 * noise()
      })
    },
    spreads: () => {
      const spread = chain(1, (before) => before * (3 + 2 * uniform()) ** sign())
      return series((i) => spread[segmentOf(i)] * noise())
    },
    walk: () => {
      let value = 0
      return series(() => {
        value += noise()
        return value
      })
    },
  }
}

/** Up to `most` changes, none near another or an end. */
function drawChanges(uniform, length, most) {
  const apart = Math.max(8, Math.floor(length * 0.08))
  const changes = []
  for (let attempt = 0; attempt < 200 && changes.length < most; attempt += 1) {
    const change = apart + Math.floor(uniform() * (length - 2 * apart))
    if (changes.every((other) => Math.abs(other - change) >= apart)) changes.push(change)
  }
  return changes.sort((a, b) => a - b)
}
