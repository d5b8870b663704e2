import type { IngestItem } from './adapter.ts'

/** A run that is recorded elsewhere. */
export interface OuterRun {
  readonly runId: string
  readonly pipelineId: string
}

/** Yields the rows of a file as steps of a run that is recorded elsewhere. The rows of whole runs are left out: the outer run has one already. */
export async function* stepsOfRun(
  items: AsyncIterable<IngestItem>,
  { runId, pipelineId }: OuterRun,
): AsyncGenerator<IngestItem> {
  for await (const item of items) {
    if (item.kind !== 'row') {
      yield item
    } else if (item.row.phase === 'pipeline') {
      yield { kind: 'folded', count: 1 }
    } else {
      const { row } = item
      const metadata = { ...fieldsOf(row.metadata), source_run_id: row.run_id }
      yield { ...item, row: { ...row, run_id: runId, pipeline_id: pipelineId, metadata } }
    }
  }
}

function fieldsOf(metadata: unknown): object {
  if (typeof metadata === 'object' && metadata !== null) return metadata
  if (typeof metadata !== 'string') return {}
  // Text that is not an object is kept under a name of its own.
  try {
    const parsed: unknown = JSON.parse(metadata)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : { value: parsed }
  } catch {
    return { value: metadata }
  }
}
