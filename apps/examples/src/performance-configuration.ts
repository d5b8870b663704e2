import { makeRow, makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Configuration": rows per commit of a stream, and automatic compaction. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, {
    writeMode: 'append',
    batchSize: 2000,
    maxFileSizeMb: 256,
    parallelWriteThreads: 4,
    memoryFraction: 0.8,
    enableOptimization: true,
  })
  await using stream = writer.stream()
  await stream.write(makeRows(5000))
  await stream.close()
  await writer.writeLogRows([makeRow()])
  return { config: writer.config, history: await writer.getTableHistory() }
}
