import { makeRows } from './log-row.ts'
import { openLogs, type Settings } from './open-logs.ts'

const HIGH_VOLUME: Settings = {
  batchSize: 5000,
  maxFileSizeMb: 512,
  parallelWriteThreads: 8,
  memoryFraction: 0.8,
  enableOptimization: true,
}
const LOW_LATENCY: Settings = {
  batchSize: 100,
  maxFileSizeMb: 64,
  parallelWriteThreads: 2,
  memoryFraction: 0.4,
  enableOptimization: false,
}

/** Guide, "Configuration Tuning": writes the same stream of 10,000 rows with both configurations. */
export async function main(directory: string) {
  return {
    highVolume: await commitsOf(`${directory}/high-volume`, HIGH_VOLUME),
    lowLatency: await commitsOf(`${directory}/low-latency`, LOW_LATENCY),
  }
}

async function commitsOf(directory: string, settings: Settings) {
  await using writer = await openLogs(directory, settings)
  await using stream = writer.stream()
  await stream.write(makeRows(10_000))
  await stream.close()
  const { versions } = await writer.getTableHistory({ limit: 1000 })
  return versions.filter(({ operation }) => operation === 'append').map(({ rowsAdded }) => rowsAdded)
}
