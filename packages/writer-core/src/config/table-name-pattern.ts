export const PLACEHOLDERS = [
  '{schema}',
  '{table_name}',
  '{pipeline_id}',
  '{run_mode}',
  '{date}',
  '{timestamp}',
] as const

/** Returns the placeholders in `pattern` that are unknown, and braces that do not form a placeholder. */
export function unknownPlaceholders(pattern: string): string[] {
  const known = new Set<string>(PLACEHOLDERS)
  return (pattern.match(/\{[^{}]*\}?|\}/g) ?? []).filter((found) => !known.has(found))
}

/** Replaces each placeholder in `pattern` by its value. */
export function expandPattern(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replaceAll(/\{([a-z_]+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
}
