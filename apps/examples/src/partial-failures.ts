import { makeExecution, makeStep } from './executions.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Partial Failure Handling": failed executions are returned unchanged, and can be written after they are fixed. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const batch = [
    makeExecution('good-1'),
    makeExecution('bad', [makeStep({ durationSecs: -1 })]),
    makeExecution('good-2'),
  ]
  const result = await writer.writeExecutionResultBatch(batch, { runId: 'batch-run' })
  if (result.failedWrites > 0) {
    console.log(`Partial failure: ${result.failedWrites} writes failed`)
    console.log(`Success rate: ${(result.successfulWrites / result.totalExecutions) * 100}%`)
  }
  const mended = result.failedExecutions.map((execution) => ({
    ...execution,
    stepResults: execution.stepResults.map((step) => ({ ...step, durationSecs: 0 })),
  }))
  const retried = await writer.writeExecutionResultBatch(mended, { runId: 'retry-run' })
  return { batch, result, retried, info: await writer.getTableInfo() }
}
