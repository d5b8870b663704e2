import { join } from 'node:path'
import type { LogWriter } from '@forge/writer-core'
import { parseRuleFile, validateLogDataQuality } from '@forge/writer-quality'
import { makeRules } from '../make/rules.ts'
import { writeDocument } from '../make/valid-text.ts'
import { openTables } from '../open-tables.ts'
import type { Target } from '../target.ts'

let writers: Promise<readonly LogWriter[]> | undefined
const now = () => new Date('2024-03-01T00:00:00Z')

/** Parses rule files in JSON and YAML, and judges rows in memory and in the engine by those that are accepted: the verdicts must agree. */
export const rules: Target = {
  name: 'rules',
  async run(random, folder) {
    const { format, text } = writeDocument(makeRules(random), random)
    const validationRules = await parseRuleFile(text, format)
    writers ??= openTables(join(folder, '..', `rules-${process.pid}.duckdb`))
    const verdicts = []
    for (const writer of await writers) {
      const { outcomes } = await validateLogDataQuality(writer, { validationRules, now, maxExamples: 2 })
      verdicts.push(outcomes.map(({ rule, verdict, failingRows }) => `${rule}: ${verdict}, ${failingRows}`).join('; '))
    }
    if (new Set(verdicts).size > 1) throw new RangeError(`the storages disagree: ${verdicts.join(' / ')}`)
  },
}
