import { makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Memory Optimization" and "Check Memory Usage": measures the memory of the process, and changes settings of a live writer. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const before = await writer.getMemoryUsage()
  console.log(`RSS memory: ${before.rssMb} MB`)
  console.log(`Virtual memory: ${before.vmsMb} MB`)
  console.log(`Memory percentage: ${before.percent}%`)
  console.log(`Available memory: ${before.availableMb} MB`)
  if (before.percent > 80) writer.configure({ batchSize: 100, memoryFraction: 0.25 })

  await writer.writeLogRows(makeRows(20_000))
  const after = await writer.getMemoryUsage()
  console.log(`Memory increase: ${after.rssMb - before.rssMb} MB, engine: ${after.engineMb} MB`)
  return { before, after }
}
