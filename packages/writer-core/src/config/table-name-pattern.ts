export const PLACEHOLDERS = [
  '{schema}',
  '{table_name}',
  '{pipeline_id}',
  '{run_mode}',
  '{date}',
  '{timestamp}',
] as const

/** Placeholders in `pattern` that nothing fills, and braces that are none. */
export function unknownPlaceholders(pattern: string): string[] {
  const known = new Set<string>(PLACEHOLDERS)
  return (pattern.match(/\{[^{}]*\}?|\}/g) ?? []).filter((found) => !known.has(found))
}

/** `pattern` with each placeholder replaced by its value. */
export function expandPattern(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replaceAll(/\{([a-z_]+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
}
