import {
  and,
  column,
  eq,
  gte,
  isNotNull,
  literal,
  lte,
  type Predicate,
  startExpression,
  type TableSource,
} from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { rememberError } from '../findings/error-cluster.ts'
import type { ErrorMemory } from '../findings/step-finding.ts'
import { STEP_RUN_COLUMNS, stepRunsOfBatch } from '../series/from-batch.ts'
import { compareStepRuns, identityOf, type StepRun } from '../series/step-run.ts'

/**
 * Returns the errors that the whole log has shown in `historyDays` before an instant, except those of the rows that are judged. It reads only
 * failures.
 */
export async function loadErrors(
  source: TableSource,
  {
    before,
    historyDays,
    without,
  }: { readonly before: Date; readonly historyDays: number; readonly without: readonly StepRun[] },
): Promise<ErrorMemory> {
  const table = await source.table()
  const { exists, columns } = await table.info()
  const errors: ErrorMemory = { rows: 0, firstMs: null, kinds: new Map() }
  const started = startExpression(columns)
  if (!exists || !started || !['success', 'error_message'].every((name) => columns.some((each) => each.name === name)))
    return errors
  const range: Predicate[] = [
    gte(started, literal(new Date(before.getTime() - historyDays * DAY_MS))),
    lte(started, literal(before)),
  ]
  const [all] = await table.aggregate({
    where: and(...range),
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'first', fn: 'min', of: started },
    ],
  })
  const firstMs = Date.parse(String(all?.first))
  errors.rows = Math.max(0, Number(all?.rows ?? 0) - without.length)
  errors.firstMs = Number.isNaN(firstMs) ? null : firstMs
  const judged = new Set(without.map(identityOf))
  const failures: StepRun[] = []
  const where = and(...range, eq('success', false), isNotNull(column('error_message')))
  const wanted = STEP_RUN_COLUMNS.filter((name) => columns.some((each) => each.name === name))
  for await (const batch of table.scan({ columns: wanted, where })) {
    for (const row of stepRunsOfBatch(batch, before.getTime())) if (!judged.has(identityOf(row))) failures.push(row)
  }
  for (const { error, timeMs } of failures.sort(compareStepRuns))
    if (error !== null) rememberError(errors, error, timeMs)
  return errors
}
