const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Parses a duration such as `500ms`, `30s`, `1.5m`, `2h` or `1d`; a number without a unit is in seconds. Undefined for other text and for more than 24 days. */
export function parseDurationMs(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(text.trim()) ?? []
  const factor = UNITS_MS[unit]
  if (number === undefined || factor === undefined) return undefined
  const durationMs = Number(number) * factor
  return durationMs <= MAX_MS ? durationMs : undefined
}

/** The maximum of a timer, about 24 days. */
const MAX_MS = 2 ** 31 - 1
