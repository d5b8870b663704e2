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

/**
 * Car drivers killed or hurt in Britain a month, 1969-1984 (Harvey and Durbin 1986; `UKDriverDeaths` in R). Petrol grew dear from
 * January 1974; seat belts became law on 31 January 1983.
 */
const DRIVERS = [
  1687, 1508, 1507, 1385, 1632, 1511, 1559, 1630, 1579, 1653, 2152, 2148, 1752, 1765, 1717, 1558, 1575, 1520, 1805,
  1800, 1719, 2008, 2242, 2478, 2030, 1655, 1693, 1623, 1805, 1746, 1795, 1926, 1619, 1992, 2233, 2192, 2080, 1768,
  1835, 1569, 1976, 1853, 1965, 1689, 1778, 1976, 2397, 2654, 2097, 1963, 1677, 1941, 2003, 1813, 2012, 1912, 2084,
  2080, 2118, 2150, 1608, 1503, 1548, 1382, 1731, 1798, 1779, 1887, 2004, 2077, 2092, 2051, 1577, 1356, 1652, 1382,
  1519, 1421, 1442, 1543, 1656, 1561, 1905, 2199, 1473, 1655, 1407, 1395, 1530, 1309, 1526, 1327, 1627, 1748, 1958,
  2274, 1648, 1401, 1411, 1403, 1394, 1520, 1528, 1643, 1515, 1685, 2000, 2215, 1956, 1462, 1563, 1459, 1446, 1622,
  1657, 1638, 1643, 1683, 2050, 2262, 1813, 1445, 1762, 1461, 1556, 1431, 1427, 1554, 1645, 1653, 2016, 2207, 1665,
  1361, 1506, 1360, 1453, 1522, 1460, 1552, 1548, 1827, 1737, 1941, 1474, 1458, 1542, 1404, 1522, 1385, 1641, 1510,
  1681, 1938, 1868, 1726, 1456, 1445, 1456, 1365, 1487, 1558, 1488, 1684, 1594, 1850, 1998, 2079, 1494, 1057, 1218,
  1168, 1236, 1076, 1174, 1139, 1427, 1487, 1483, 1513, 1357, 1165, 1282, 1110, 1297, 1185, 1222, 1284, 1444, 1575,
  1737, 1763,
]

const REAL = [
  { kind: 'nile', values: NILE, changes: [27] },
  { kind: 'coal', values: COAL, changes: [36] },
  { kind: 'drivers', values: DRIVERS, changes: [60, 169] },
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
