import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { main as anomalyDetection } from '../src/anomaly-detection.ts'

test('unusual rows are reported with what was expected, and usual rows are not', async () => {
  const { anomalyResult, usual } = await anomalyDetection(newFolder())
  expect(anomalyResult).toMatchObject({ anomaliesDetected: true, anomalyCount: 2 })
  const [slow, empty] = ['duration_spike', 'zero_rows'].map((name) =>
    anomalyResult.anomalies.find(({ type }) => type === name),
  )
  expect(slow).toMatchObject({ value: 412, severity: 'error', step: 'transform_data', runId: 'run-30' })
  expect(slow?.description).toContain('took 412 s; expected ')
  expect(empty).toMatchObject({ value: 0, severity: 'error' })
  expect(usual).toMatchObject({ anomaliesDetected: false, anomalyCount: 0, anomalies: [] })
})
