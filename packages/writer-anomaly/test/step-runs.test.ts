import { stepRunsOfRows } from '@forge/writer-anomaly'
import { createLogWriter, type LogRowInput, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { stepRunsOfBatch } from '../src/series/from-batch.ts'

const NOW = new Date('2024-05-02T00:00:00Z')

test('rows are read as they are read back after the writer stored them', async () => {
  const rows: readonly LogRowInput[] = [
    { phase: 'silver', run_id: 'a', start_time: '2024-05-01T10:00:00.000001Z', end_time: '2024-05-01T12:00:10+02:00' },
    { phase: 'silver', run_id: 'b', start_time: '2024-05-01T10:00:05Z', end_time: '2024-05-01T10:00:00Z' },
    { phase: 'pipeline', run_id: 'c', pipeline_id: 'shop', run_started_at: '2024-05-01T10:00:00Z' },
    { phase: 'gold', run_id: 'd', rows_processed: 10, validation_rate: 50, error_message: 'no space' },
    { phase: 'gold', run_id: 'e', valid_rows: 3, invalid_rows: 1, created_at: '2024-05-01T00:00:00Z' },
    { phase: 'gold', run_id: 'f', rows_processed: 4, invalid_rows: 9, run_mode: null, execution_id: null },
  ]
  const storage = memoryStorage()
  const config = { tableSchema: 'analytics', tableName: 'logs' }
  await using writer = await createLogWriter({ storage, config, now: () => NOW })
  await writer.writeLogRows(rows)
  const table = await writer.table()
  const stored = []
  for await (const batch of table.scan()) stored.push(...stepRunsOfBatch(batch, NOW.getTime()))
  const given = stepRunsOfRows(rows, NOW.getTime()).map((run) => ({
    ...run,
    writtenMs: run.writtenMs ?? NOW.getTime(),
  }))
  expect(given).toEqual(stored)
})

test('a time that the writer refuses counts as missing, whatever the zone of the machine', () => {
  const row = { phase: 'silver', start_time: '2024-05-01T10:00:00', end_time: '2024-05-01T11:00:00Z' } as const
  expect(stepRunsOfRows([row], NOW.getTime())).toMatchObject([{ timeMs: Date.UTC(2024, 4, 1, 11), durationSecs: 0 }])
})

test('infinite times, and years that no row can have, count as missing', () => {
  const micros = [2n ** 63n - 1n, -(2n ** 63n - 1n), 8_773_000_000_000_000_000n, BigInt(NOW.getTime()) * 1000n]
  const starts = { name: 'start_time', type: 'timestamp', nullable: true } as const
  const vector = { kind: 'int64', values: BigInt64Array.from(micros), validity: null } as const
  const runs = stepRunsOfBatch({ rowCount: 4, columns: [starts], vectors: [vector] }, 5)
  expect(runs.map(({ timeMs }) => timeMs)).toEqual([5, 5, 5, NOW.getTime()])
})
