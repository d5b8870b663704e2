const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** Returns one bar per value, scaled from the smallest to the largest value; null becomes a space. Shows only the last `max` values. */
export function sparkline(values: readonly (number | null)[], max = 40): string {
  const shown = values.slice(-max)
  const known = shown.filter((value) => value !== null)
  const [least, greatest] = [Math.min(...known), Math.max(...known)]
  return shown
    .map((value) => {
      if (value === null) return ' '
      const share = greatest > least ? (value - least) / (greatest - least) : 0.5
      return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))]
    })
    .join('')
}

/** Returns a bar of up to `width` cells for a value of at most `greatest`. */
export function bar(value: number | null, greatest: number, width = 20): string {
  if (value === null || !(greatest > 0)) return ''
  const eighths = Math.round(Math.min(1, Math.max(0, value / greatest)) * width * 8)
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ''}`
}
