import { makeContext, makeStep } from './executions.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Writing Individual Step Results": writes single steps while the run is in progress. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const steps = [makeStep(), makeStep({ stepName: 'silver_clean', phase: 'silver' })]
  const result = await writer.writeStepResults(steps, makeContext(), { runId: 'step-run-123' })
  return { result, rows: await writer.showLogs({ print: false }) }
}
