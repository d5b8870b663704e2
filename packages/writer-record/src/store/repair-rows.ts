import { isWriterError, type LogRowInput, metadataFields } from '@forge/writer-core'

/** A row that a writer rejects, and the fields that it names. */
interface Refusal {
  readonly row: number
  readonly fields: readonly string[]
}

/**
 * Returns the rows without the fields because of which the writer rejected them; `metadata.refused_fields` keeps their values as text. Undefined if the
 * error has another cause, or a row was rejected although it was repaired before.
 */
export function repairRows(rows: readonly LogRowInput[], error: unknown): LogRowInput[] | undefined {
  const refusals = refusalsOf(error)
  if (refusals.length === 0 || refusals.some(({ row }) => rows[row] === undefined || isRepaired(rows[row])))
    return undefined
  const repaired = [...rows]
  for (const { row, fields } of refusals) repaired[row] = repairRow(rows[row] ?? {}, fields)
  return repaired
}

/** Returns the position of the first row that a writer rejected; undefined if the error has another cause. */
export function firstRefused(error: unknown): number | undefined {
  const rows = refusalsOf(error).map(({ row }) => row)
  return rows.length === 0 ? undefined : Math.min(...rows)
}

function refusalsOf(error: unknown): Refusal[] {
  if (!isWriterError(error, 'VALIDATION') || !Array.isArray(error.context.problems)) return []
  const byRow = new Map<number, string[]>()
  for (const { row, field } of error.context.problems as readonly { readonly row: number; readonly field: string }[]) {
    byRow.set(row, [...(byRow.get(row) ?? []), field])
  }
  return [...byRow].map(([row, fields]) => ({ row, fields }))
}

function isRepaired(row: LogRowInput | undefined): boolean {
  return metadataFields(row?.metadata).refused_fields !== undefined
}

function repairRow(row: LogRowInput, fields: readonly string[]): LogRowInput {
  const given: Readonly<Record<string, unknown>> = { ...row }
  const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !fields.includes(name)))
  const metadata = fields.includes('metadata')
    ? { status: row.success === false ? 'failed' : 'success' }
    : metadataFields(row.metadata)
  return {
    phase: 'silver',
    ...kept,
    metadata: { ...metadata, refused_fields: Object.fromEntries(fields.map((name) => [name, shownText(given[name])])) },
  }
}

const MAX_TEXT = 500

function shownText(value: unknown): string {
  try {
    return String(value).slice(0, MAX_TEXT).toWellFormed()
  } catch {
    return typeof value
  }
}
