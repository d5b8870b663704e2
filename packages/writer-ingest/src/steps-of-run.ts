import type { IngestItem } from './adapter.ts'
import { phaseOf } from './mapping/phase.ts'

/** A run that is recorded elsewhere. */
export interface OuterRun {
  readonly runId: string
  readonly pipelineId: string
}

/**
 * Yields the rows of a file as steps of a run that is recorded elsewhere. If the file holds one run, its row of the whole run is left out, because
 * the outer run has one; whole runs in other files become steps, too.
 */
export async function* stepsOfRun(
  items: AsyncIterable<IngestItem>,
  { runId, pipelineId }: OuterRun,
  isOneRun: boolean,
): AsyncGenerator<IngestItem> {
  for await (const item of items) {
    if (item.kind !== 'row') {
      yield item
      continue
    }
    const { row } = item
    const isRun = row.phase === 'pipeline'
    if (isRun && isOneRun) {
      yield { kind: 'folded', count: 1 }
      continue
    }
    const phase = isRun ? phaseOf({ name: row.step_name ?? '' }) : row.phase
    const metadata = { ...fieldsOf(row.metadata), source_run_id: row.run_id }
    yield { ...item, row: { ...row, phase, run_id: runId, pipeline_id: pipelineId, metadata } }
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
