import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '@forge/fixtures'
import { isWriterError } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { parseRuleFile, RULE_KINDS } from '@forge/writer-quality'
import { expect, test } from 'vitest'
import { MADE_RULE_KINDS, makeRules } from '../src/make/rules.ts'
import type { Target } from '../src/target.ts'
import { config } from '../src/targets/config.ts'
import { rules } from '../src/targets/rules.ts'

const SEEDS = Array.from({ length: 150 }, (_none, seed) => seed)

/** Returns the share of inputs that the target accepts. */
async function acceptedShare(target: Target): Promise<number> {
  const folder = join(newFolder(), 'case')
  mkdirSync(folder)
  let accepted = 0
  for (const seed of SEEDS) {
    const isAccepted = await target.run(createRandom(seed), folder).then(
      () => true,
      (error: unknown) => {
        if (!isWriterError(error)) throw error
        return false
      },
    )
    if (isAccepted) accepted++
  }
  return accepted / SEEDS.length
}

test('rule files are made of every kind, and are valid until they are changed', async () => {
  expect(MADE_RULE_KINDS).toEqual([...RULE_KINDS.keys()].toSorted())
  for (const seed of SEEDS) {
    const rules = await parseRuleFile(JSON.stringify(makeRules(createRandom(seed))), 'json')
    expect(rules.length).toBeGreaterThan(0)
  }
})

test.each([config, rules])(
  'between 30 and 80 percent of the inputs of $name are accepted, so that what follows is tried, too',
  async (target) => {
    const share = await acceptedShare(target)
    expect(share).toBeGreaterThan(0.3)
    expect(share).toBeLessThan(0.8)
  },
)
