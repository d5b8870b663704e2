import type { AnalyzeResult } from '@forge/writer-core'
import type { ReadContext } from '../read/read-table.ts'

/** Updates the engine's statistics of the table. */
export async function analyzeTable({ session, state }: ReadContext): Promise<AnalyzeResult> {
  if (!state.exists) return { rowCount: 0, columnsAnalyzed: [] }
  await session.run(`analyze ${state.sqlName}`)
  return { rowCount: state.rowCount, columnsAnalyzed: state.columns.map(({ name }) => name) }
}
