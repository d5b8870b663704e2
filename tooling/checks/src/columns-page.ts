import { type ColumnDefinition, LOG_COLUMNS } from '@forge/writer-core'

/** The text of `docs/columns.md`. */
export function columnsPage(): string {
  const columns: readonly ColumnDefinition[] = LOG_COLUMNS
  const rows = columns.map(
    ({ name, type, nullable, unit = '', description = '', ...limits }) =>
      `| \`${name}\` | ${type} | ${nullable ? 'yes' : 'no'} | ${unit} | ${describeLimits(limits)} | ${description} |`,
  )
  return `# The columns of the log table

Made from \`LOG_COLUMNS\` of \`@forge/writer-core\`; \`npm test -- tooling/checks -u\` updates it.

| column | type | null | unit | allowed | meaning |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

function describeLimits({ oneOf, min, max, notEmpty }: Omit<ColumnDefinition, 'name' | 'type' | 'nullable'>): string {
  if (oneOf) return oneOf.join(', ')
  if (min !== undefined && max !== undefined) return `${min} to ${max}`
  if (min !== undefined) return `${min} and up`
  return notEmpty ? 'not empty' : ''
}
