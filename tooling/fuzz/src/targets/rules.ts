import { parseRuleFile } from '@forge/writer-quality'
import { stringify } from 'yaml'
import { mutateBytes } from '../mutate/bytes.ts'
import { mutateJson } from '../mutate/json.ts'
import type { Target } from '../target.ts'

const RULES = {
  version: 1,
  rules: [
    'duration_secs >= 0',
    { rule: 'range', column: 'duration_secs', min: 0, max: 3600, severity: 'warning' },
    { rule: 'notNull', column: 'run_id', where: "phase <> 'pipeline'" },
    { rule: 'oneOf', column: 'phase', values: ['bronze', 'silver', 'gold', 'pipeline'] },
    { rule: 'matches', column: 'step_name', pattern: '^[a-z_]+$' },
    { rule: 'freshness', maxAgeHours: 24 },
    { rule: 'unique', columns: ['run_id', 'step_name'] },
  ],
}
const JSON_TEXT = JSON.stringify(RULES)
const YAML_TEXT = stringify(RULES)

/** Parses mutated rule files in JSON and YAML. */
export const rules: Target = {
  name: 'rules',
  async run(random) {
    const format = random.pick(['yaml', 'json'] as const)
    const text = format === 'yaml' ? YAML_TEXT : JSON_TEXT
    const json = random.chance(0.5) ? mutateJson(JSON_TEXT, random) : undefined
    const changed = json ?? mutateBytes(Buffer.from(text), random, Buffer.from(text)).toString('utf8')
    await parseRuleFile(changed, format)
  },
}
