import { isWriterError, type LogRowInput, type LogWriter, type WriteResult } from '@forge/writer-core'
import type { Position } from './adapter.ts'
import { batchIdOf, hashOf, rowKeys } from './batch-identity.ts'

export interface PendingRow {
  readonly row: LogRowInput
  readonly position: Position
}

export interface ChunkResult {
  readonly written: number
  readonly alreadyThere: number
  readonly replaced: number
  readonly rejected: readonly { readonly pending: PendingRow; readonly reason: string }[]
}

/** Writes the valid rows of a chunk as one batch, and returns the others with the reasons. Throws any other error of the writer. */
export async function writeChunk(
  writer: LogWriter,
  { rows, source, kind }: { readonly rows: readonly PendingRow[]; readonly source: string; readonly kind: string },
): Promise<ChunkResult> {
  const rejected: ChunkResult['rejected'][number][] = []
  let left = rows
  while (left.length > 0) {
    const hash = hashOf(left.map(({ row }) => row))
    const fallbackRunId = `${source}/${hash}`
    const latest = lastOfEach(left, fallbackRunId)
    const inputs = latest.map(({ row }) => row)
    try {
      const batchId = batchIdOf({ source, kind, rows: inputs, hash })
      const result = await writer.writeLogRows(inputs, { batchId, runId: fallbackRunId, note: { source } })
      return { ...counts(result, inputs.length), replaced: left.length - latest.length, rejected }
    } catch (error) {
      const problems = problemsByRow(error)
      if (problems.size === 0) throw error
      const refused = new Set([...problems.keys()].flatMap((at) => latest[at] ?? []))
      for (const [at, reason] of problems) {
        const pending = latest[at]
        if (pending) rejected.push({ pending, reason })
      }
      left = left.filter((pending) => !refused.has(pending))
    }
  }
  return { written: 0, alreadyThere: 0, replaced: 0, rejected }
}

function counts(result: WriteResult, rows: number): { readonly written: number; readonly alreadyThere: number } {
  return result.alreadyWritten ? { written: 0, alreadyThere: rows } : { written: rows, alreadyThere: 0 }
}

/** Keeps the last row of each key, at the position of the first. */
function lastOfEach(rows: readonly PendingRow[], fallbackRunId: string): PendingRow[] {
  const keyOf = rowKeys(fallbackRunId)
  return [...new Map(rows.map((pending) => [keyOf(pending.row), pending])).values()]
}

/** Returns the problems that the writer found, by position of the row; empty if the error has another cause. */
function problemsByRow(error: unknown): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  if (!isWriterError(error, 'VALIDATION') || !Array.isArray(error.context.problems)) return found
  for (const problem of error.context.problems as readonly Readonly<Record<string, unknown>>[]) {
    if (typeof problem.row !== 'number') continue
    const reason = `${problem.field} must be ${problem.expected}`
    const before = found.get(problem.row)
    found.set(problem.row, before === undefined ? reason : `${before}; ${reason}`)
  }
  return found
}
