import type { WriteMode } from '@forge/writer-core'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

const MODES: readonly WriteMode[] = ['append', 'overwrite', 'merge', 'ignore']

/** Guide, "Basic Configuration": makes the same two writes in each write mode; the second one has an existing step and a new one. */
export async function main(directory: string) {
  const left: Partial<Record<WriteMode, { rows: { step: string; seconds: number }[]; rowsSkipped: number }>> = {}
  for (const writeMode of MODES) {
    await using writer = await openLogs(`${directory}/${writeMode}`, { writeMode })
    await writer.writeLogRows([
      makeRow({ step_name: 'a', duration_secs: 1 }),
      makeRow({ step_name: 'b', duration_secs: 1 }),
    ])
    const second = await writer.writeLogRows([
      makeRow({ step_name: 'b', duration_secs: 2 }),
      makeRow({ step_name: 'c', duration_secs: 2 }),
    ])
    const rows = await writer.showLogs({ print: false })
    left[writeMode] = {
      rows: rows.map((row) => ({ step: row.step_name, seconds: row.duration_secs })).sort(byStep),
      rowsSkipped: second.rowsSkipped,
    }
  }
  return left
}

function byStep(a: { step: string; seconds: number }, b: { step: string; seconds: number }): number {
  return a.step.localeCompare(b.step) || a.seconds - b.seconds
}
