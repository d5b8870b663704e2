import { isWriterError } from '@forge/writer-core'
import { makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Issues": settings are read-only; `configure` changes them for later writes. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { batchSize: 1000 })
  const before = writer.config
  console.log(`Batch size: ${before.batchSize}`)
  console.log(`Parallel threads: ${before.parallelWriteThreads}`)
  console.log(`Memory fraction: ${before.memoryFraction}`)

  writer.configure({ batchSize: 2000, parallelWriteThreads: 1 })
  await using stream = writer.stream()
  await stream.write(makeRows(4000))
  await stream.flush()

  const refused = [{ batchSize: -1 }, { tableName: 'other' }].map((changes) => {
    try {
      writer.configure(changes)
      return undefined
    } catch (error) {
      return isWriterError(error) ? error.code : error
    }
  })
  return { before, after: writer.config, refused, history: await writer.getTableHistory() }
}
