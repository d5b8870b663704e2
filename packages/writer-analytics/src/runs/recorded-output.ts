import type { Row } from '@forge/writer-core'
import { metadataField, rowsByStep } from './run-steps.ts'

/** The output of a command, as `record` keeps it: the beginning and the end. */
export interface RecordedOutput {
  /** The step that wrote it; null for the run itself. */
  readonly phase: string | null
  readonly step: string | null
  /** The stream; `output` for both of them together. */
  readonly stream: 'stdout' | 'stderr' | 'output'
  /** The number of bytes of the whole output. */
  readonly bytes: number
  /** The beginning; null if nothing was cut. */
  readonly head: string | null
  /** The number of bytes between the beginning and the end that were not kept. */
  readonly cutBytes: number
  /** The end of the output, or all of it. */
  readonly tail: string
}

const STREAMS = ['stderr', 'stdout', 'output'] as const
const MAX_OUTPUTS = 8

/**
 * Returns the output of the last attempts of a run, as its rows (in order of start) have kept it: first the output of the run itself, then that of
 * steps with another output; at most 8.
 */
export function outputsOf(rows: readonly Row[]): RecordedOutput[] {
  const own = rows.filter(({ phase }) => phase === 'pipeline')
  const lastOf = (some: readonly Row[]) => some.slice(-1)
  const steps = [...rowsByStep(rows.filter(({ phase }) => phase !== 'pipeline')).values()].flatMap(lastOf)
  const found = new Map<string, RecordedOutput>()
  for (const row of [...lastOf(own), ...steps]) {
    for (const output of outputsOfRow(row)) {
      // A command with a step of its own has the same output in both rows.
      const { phase: _phase, step: _step, ...text } = output
      const key = JSON.stringify(text)
      if (!found.has(key)) found.set(key, output)
      if (found.size === MAX_OUTPUTS) return [...found.values()]
    }
  }
  return [...found.values()]
}

function outputsOfRow(row: Row): RecordedOutput[] {
  const field = metadataField(row, 'output')
  if (typeof field !== 'object' || field === null) return []
  const streams: Readonly<Record<string, unknown>> = { ...field }
  const isOwn = row.phase === 'pipeline'
  return STREAMS.flatMap((stream) => {
    const kept = streams[stream]
    if (typeof kept !== 'object' || kept === null || !('tail' in kept) || typeof kept.tail !== 'string') return []
    return {
      phase: isOwn ? null : String(row.phase),
      step: isOwn ? null : String(row.step_name),
      stream,
      bytes: 'bytes' in kept && typeof kept.bytes === 'number' ? kept.bytes : Buffer.byteLength(kept.tail),
      head: 'head' in kept && typeof kept.head === 'string' ? kept.head : null,
      cutBytes: 'cut_bytes' in kept && typeof kept.cut_bytes === 'number' ? kept.cut_bytes : 0,
      tail: kept.tail,
    }
  })
}
