const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** A line of bars as high as the values, from the least to the greatest; a space where there is none. The last `most` values where there are more. */
export function sparkline(values: readonly (number | null)[], most = 40): string {
  const shown = values.slice(-most)
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

/** A bar of up to `width` cells for a value of at most `greatest`. */
export function bar(value: number | null, greatest: number, width = 20): string {
  if (value === null || !(greatest > 0)) return ''
  const eighths = Math.round(Math.min(1, Math.max(0, value / greatest)) * width * 8)
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ''}`
}
