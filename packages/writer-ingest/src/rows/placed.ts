import type { AdapterOptions, IngestItem } from '../adapter.ts'
import { phaseByName } from '../mapping/phase.ts'

/** A log row with the pipeline and the phase that the options give it; any other item as it is. */
export function placed(item: IngestItem, { pipeline, phases = {} }: AdapterOptions): IngestItem {
  if (item.kind !== 'row') return item
  const { step_name: step } = item.row
  const phase = typeof step === 'string' ? phaseByName(step, phases) : undefined
  if (pipeline === undefined && phase === undefined) return item
  const row = { ...item.row, ...(pipeline !== undefined && { pipeline_id: pipeline }), ...(phase && { phase }) }
  return { ...item, row }
}
