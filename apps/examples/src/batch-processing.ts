import { makeExecution, makeStep } from './executions.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Batch Processing": writes five runs with six rows per commit. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const executions = [1, 2, 3, 4, 5].map((number) =>
    makeExecution(`exec-${number}`, [makeStep(), makeStep({ stepName: 'silver_clean', phase: 'silver' })]),
  )
  const result = await writer.writeExecutionResultBatch(executions, { runId: 'batch-run', batchSize: 6 })
  console.log(`Total executions: ${result.totalExecutions}`)
  console.log(`Successful writes: ${result.successfulWrites}`)
  console.log(`Failed writes: ${result.failedWrites}`)
  console.log(`Rows written: ${result.rowsWritten}`)
  console.log(`Batch processing time: ${result.batchDurationSecs} seconds`)
  return { result, history: await writer.getTableHistory() }
}
