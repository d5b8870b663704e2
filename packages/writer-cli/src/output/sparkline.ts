const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Values as bars of eight heights, from the least to the greatest; flat where all are alike. */
export function sparkline(values: readonly number[]): string {
  const least = Math.min(...values)
  const range = Math.max(...values) - least
  return values
    .map((value) => LEVELS[range === 0 ? 3 : Math.round(((value - least) / range) * (LEVELS.length - 1))] ?? '')
    .join('')
}
