import { makeExecution, makeStep } from './executions.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Error Handling Configuration": with `failFast` a batch stops at its first failure. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { failFast: true, batchSize: 1 })
  const bad = makeExecution('bad', [makeStep({ durationSecs: -1 })])
  return await writer.writeExecutionResultBatch([makeExecution('good-1'), bad, makeExecution('good-2')])
}
