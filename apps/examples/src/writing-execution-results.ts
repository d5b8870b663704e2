import type { ExecutionContext, ExecutionResult, StepResult } from '@forge/writer-core'
import { openLogs } from './open-logs.ts'

/** Guide, "Writing Execution Results": writes a whole run as a row for each step and one for the run. */
export async function main(directory: string) {
  const context: ExecutionContext = {
    mode: 'initial',
    startTime: new Date('2024-01-01T10:00:00Z'),
    executionId: 'exec-123',
    pipelineId: 'my-pipeline',
    schema: 'analytics',
  }
  const stepResults: StepResult[] = [
    {
      stepName: 'bronze_extract',
      phase: 'bronze',
      startTime: new Date('2024-01-01T10:00:00Z'),
      endTime: new Date('2024-01-01T10:00:10Z'),
      durationSecs: 10,
      rowsProcessed: 1000,
      rowsWritten: 950,
      validationRate: 95,
      success: true,
      executionContext: context,
    },
  ]
  const execution: ExecutionResult = { success: true, context, stepResults, totalDurationSecs: 10 }

  await using writer = await openLogs(directory)
  const result = await writer.writeExecutionResult(execution, { runId: 'run-123' })
  return { result, rows: await writer.showLogs({ print: false }) }
}
