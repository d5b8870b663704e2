import { memoryStorage } from '@forge/writer-core'
import { HOOK_SETTINGS } from '@forge/writer-core/storage'
import { qualityGate } from '@forge/writer-quality'
import { range } from '@forge/writer-quality/rules'
import { expect, test } from 'vitest'
import { hooksFor } from '../src/hooks.ts'
import { createWriter } from '../src/index.ts'

const settings = { tableSchema: 'a', tableName: 'logs', minValidationRate: 95 }
const row = { run_id: 'run-1', phase: 'gold', step_name: 'load', duration_secs: 99 } as const

test('a threshold adds a quality gate that checks the default rules and only warns', async () => {
  await using writer = await createWriter({ ...settings, storage: memoryStorage() })
  const { quality } = await writer.writeLogRows([{ ...row, rows_processed: 1, rows_written: 2 }])
  expect(quality).toMatchObject({ qualityPassed: false, validationRate: 0 })
})

test('a quality gate in hooks replaces the one of the settings', async () => {
  const gate = qualityGate({ rules: [range('duration_secs', { max: 100 })], policy: 'warn' })
  await using writer = await createWriter({ ...settings, storage: memoryStorage(), hooks: [gate] })
  const { quality } = await writer.writeLogRows([row])
  expect(quality?.validationRulesApplied).toEqual(['range(duration_secs)'])
})

test('without quality settings no quality result is returned', async () => {
  await using writer = await createWriter({ tableSchema: 'a', tableName: 'logs', storage: memoryStorage() })
  expect(await writer.writeLogRows([row])).not.toHaveProperty('quality')
})

test('an empty list of alerts needs no hook', async () => {
  const config = { tableSchema: 'a', tableName: 'logs', alerts: [] }
  await using writer = await createWriter({ ...config, storage: memoryStorage() })
  expect(await writer.writeLogRows([row])).toMatchObject({ rowsWritten: 1 })
})

test('each hook provides the settings of its kind, in the order of kinds', () => {
  const alerts = [{ kind: 'command', to: 'true' }] as const
  const hooks = hooksFor({ ...settings, enableAnomalyDetection: true, alerts })
  expect(hooks.map(({ provides }) => provides)).toEqual(Object.values(HOOK_SETTINGS))
  expect(hooksFor({ ...settings, enableAnomalyDetection: true }, hooks)).toEqual([])
})
