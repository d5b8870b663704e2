import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '@forge/writer-core'
import { stringify } from 'yaml'
import { mutateBytes } from '../mutate/bytes.ts'
import { mutateJson } from '../mutate/json.ts'
import type { Target } from '../target.ts'

const CONFIG = {
  tableSchema: 'analytics',
  tableName: 'logs',
  tableNamePattern: '{schema}.{table_name}_{pipeline_id}_{date}',
  batchSize: 500,
  redact: ['error_message', 'metadata.user'],
  retention: { keepDays: 90, pipelines: [{ pipeline: 'etl_*', keepDays: 7 }] },
  alerts: [
    { kind: 'slack', to: 'https://hooks.example.com/x', on: ['failure'], quietHours: '22:00-07:00 Europe/Berlin' },
  ],
  serviceLevels: [
    { pipeline: '*', dueTime: '06:00', timeZone: 'Europe/Berlin', dueDays: [1, 2], objectivePercent: 99.5 },
  ],
  environments: { prod: { batchSize: 5000, path: 'prod.duckdb' } },
}
const JSON_TEXT = JSON.stringify(CONFIG)
const YAML_TEXT = stringify(CONFIG)

/** Loads mutated config files in JSON and YAML, and settings from variables. */
export const config: Target = {
  name: 'config',
  async run(random, folder) {
    const isYaml = random.chance(0.5)
    const text = isYaml ? YAML_TEXT : JSON_TEXT
    const json = random.chance(0.6) ? mutateJson(JSON_TEXT, random) : undefined
    const changed = json === undefined ? mutateBytes(Buffer.from(text), random, Buffer.from(text)) : Buffer.from(json)
    const file = join(folder, isYaml ? 'forge-writer.config.yaml' : 'forge-writer.config.json')
    writeFileSync(file, changed)
    const env = random.chance(0.2) ? { FORGE_WRITER_ALERTS: changed.toString('utf8') } : {}
    await loadConfig({ file, environment: random.chance(0.3) ? 'prod' : undefined, env })
  },
}
